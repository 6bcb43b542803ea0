package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/runtime/store"
)

// Records in a pod's meta volume, from which a next node adopts the pod (D3). The pod's own record is written to two files in turn, so
// that one is whole whenever the writing of the other breaks off. Secrets lie on tmpfs only, beside the meta volume.
const (
	podRecordA      = "pod-a.json"
	podRecordB      = "pod-b.json"
	configMapRecord = "configmap-" // prefixes, before the object's name
	claimRecord     = "claim-"
	secretRecord    = "secret-"
	// servicesRecord has all Services of the pod's namespace, so that one that was deleted does not come back.
	servicesRecord = "services.json"
	// trustBundlesRecord has all bundles of trust anchors, in the records of pods that show some.
	trustBundlesRecord = "trustbundles.json"
	// filledFile holds the id of the sandbox whose volumes were filled last.
	filledFile = "filled"
)

// savedPod is a pod's own record.
type savedPod struct {
	// Number counts the records of the pod; the highest is the newest.
	Number int
	Pod    *corev1.Pod
	// Attempts is the number of each container's next attempt.
	Attempts map[string]int
	// Objects are the records of objects that count, by name: one that is not among them is of an object that was deleted. nil means
	// that all count.
	Objects []string
	Events  []*corev1.Event
	// Faults are those that last.
	Faults []fault.Fault
}

func podRecordName(number int) string {
	if number%2 == 0 {
		return podRecordA
	}
	return podRecordB
}

// newestPodRecord is the newest record of the pod that can be read. The error is errNoPod, wrapped, only if there never was one.
func newestPodRecord(uid types.UID, files map[string][]byte) (savedPod, error) {
	var newest savedPod
	var failures []error
	found := false
	for _, name := range []string{podRecordA, podRecordB} {
		content, ok := files[name]
		if !ok {
			continue
		}
		found = true
		var saved savedPod
		if err := json.Unmarshal(content, &saved); err != nil {
			failures = append(failures, fmt.Errorf("reading %s: %w", name, err))
			continue
		}
		if saved.Pod != nil && saved.Pod.UID == uid && saved.Number > newest.Number {
			newest = saved
		}
	}
	switch {
	case !found:
		return newest, fmt.Errorf("%w: its sandbox was never filled", errNoPod)
	case newest.Pod == nil:
		return newest, errors.Join(append(failures, errors.New("no record of the pod can be read"))...)
	}
	newest.Pod.ResourceVersion = ""
	return newest, nil
}

// podEvents are the events of one pod.
func podEvents(events *store.Collection[*corev1.Event], pod *corev1.Pod) []*corev1.Event {
	all, _ := events.List(pod.Namespace)
	var own []*corev1.Event
	for _, e := range all {
		if e.InvolvedObject.UID == pod.UID {
			own = append(own, e)
		}
	}
	return own
}

// objectRecord is the record of an object that a pod refers to.
type objectRecord struct {
	name    string // of the file
	version string // the object's resourceVersion
	secret  bool
	content []byte
}

// objectRecords are the records of the objects that a pod refers to, as far as they exist, and of the Services of its namespace, of
// which it is told (S9.10).
func objectRecords(pod *corev1.Pod, from *store.Store) ([]objectRecord, error) {
	refs := podspec.ReferencesOf(pod)
	configMaps, err := recordsOf(from.ConfigMaps, configMapRecord, pod.Namespace, refs.ConfigMaps)
	if err != nil {
		return nil, err
	}
	claims, err := recordsOf(from.Claims, claimRecord, pod.Namespace, podspec.ClaimsOf(pod))
	if err != nil {
		return nil, err
	}
	services, err := recordOfServices(from.Services, pod.Namespace)
	if err != nil {
		return nil, err
	}
	secrets, err := recordsOf(from.Secrets, secretRecord, pod.Namespace, refs.Secrets)
	for i := range secrets {
		secrets[i].secret = true
	}
	if err != nil {
		return nil, err
	}
	all := append(slices.Concat(configMaps, claims, secrets), services)
	if podspec.HasTrustBundles(pod) {
		bundles, err := recordOfTrustBundles(from.TrustBundles)
		return append(all, bundles), err
	}
	return all, nil
}

func recordsOf[T store.Object[T]](from *store.Collection[T], prefix, namespace string, names []string) ([]objectRecord, error) {
	var list []objectRecord
	for _, name := range names {
		object, err := from.Get(types.NamespacedName{Namespace: namespace, Name: name})
		if err != nil {
			continue // the pod waits for it, or does not need it
		}
		content, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("encoding %s%s: %w", prefix, name, err)
		}
		list = append(list, objectRecord{name: prefix + name + ".json", version: object.GetResourceVersion(), content: content})
	}
	return list, nil
}
