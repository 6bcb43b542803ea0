package runtime

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/store"
)

// savedServices are the Services of a namespace at a version of the store. Every pod of the namespace has a record of them; the newest
// of these holds.
type savedServices struct {
	Version  uint64
	Services []*corev1.Service
}

// recordOfServices is the record of a namespace's Services.
func recordOfServices(from *store.Collection[*corev1.Service], namespace string) (objectRecord, error) {
	all, version := from.List(namespace)
	saved := savedServices{Version: version}
	var versions strings.Builder
	versions.WriteString("Services\n") // none at all is a version, too
	for _, service := range all {
		if isUsers(service) {
			saved.Services = append(saved.Services, service)
			versions.WriteString(service.Name + " " + service.ResourceVersion + "\n")
		}
	}
	content, err := json.Marshal(saved)
	if err != nil {
		return objectRecord{}, fmt.Errorf("encoding the Services: %w", err)
	}
	return objectRecord{name: servicesRecord, version: versions.String(), content: content}, nil
}

// adoptServices makes the store's Services of a namespace those of a record, unless there was a newer one before.
func (n *Node) adoptServices(namespace string, record []byte) error {
	if record == nil {
		return nil
	}
	var saved savedServices
	if err := json.Unmarshal(record, &saved); err != nil {
		return fmt.Errorf("reading %s: %w", servicesRecord, err)
	}
	if saved.Version <= n.adoptedServices[namespace] {
		return nil
	}
	n.adoptedServices[namespace] = saved.Version
	putBackAll(n, n.store.Services, namespace, isUsers, saved.Services, saved.Version)
	return nil
}

// saveServices has the pods of a namespace keep its Services as they are now.
func (n *Node) saveServices(changed *corev1.Service) {
	if !isUsers(changed) {
		return
	}
	n.eachWorker(func(w *worker) {
		if pod, ok := w.pod(); ok && pod.Namespace == changed.Namespace {
			w.saver.save(pod, nil)
		}
	})
}
