package down

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/input"
	"github.com/podsim/podsim/podspec/manifest"
)

// name is a namespaced name.
type name struct{ namespace, name string }

func (n name) key() types.NamespacedName {
	return types.NamespacedName{Namespace: n.namespace, Name: n.name}
}

// targets are what is to be removed.
type targets struct {
	pods, claims []name
	companions   client.Companions
	workloads    []manifest.Workload // whose pods are to be removed
}

// targetsOf reads the arguments: names of pods stand for themselves, manifests for the objects in them.
func (o *options) targetsOf(ctx context.Context, args []string) (targets, error) {
	var t targets
	files := slices.Clone(o.filenames)
	for _, arg := range args {
		if pod, isPod := podName(arg); isPod {
			t.pods = append(t.pods, name{o.namespace(), pod})
		} else {
			files = append(files, arg)
		}
	}
	if len(files) == 0 {
		return t, nil
	}
	m, err := input.Load(ctx, files, manifest.Options{Stdin: o.In, Namespace: o.session.Namespace, WithoutPod: true}, o.ErrOut)
	if err != nil {
		return targets{}, err
	}
	t.workloads = m.Workloads
	for _, p := range m.Pods {
		if !isOfWorkload(p, m.Workloads) { // those are looked for on the node: there may be more, of another template
			t.pods = append(t.pods, name{p.Namespace, p.Name})
		}
	}
	t.companions = client.CompanionsOf(m)
	for _, c := range m.Claims {
		t.claims = append(t.claims, name{c.Namespace, c.Name})
	}
	return t, nil
}

// podName tells the name of a pod from a manifest by its form alone, whatever files there may be: NAME and pod/NAME are
// pods; paths, URLs, "-" and names that end like a manifest are not.
func podName(arg string) (pod string, isPod bool) {
	if pod, found := client.CutPod(arg); found && !strings.Contains(pod, "/") && !manifest.IsManifestFile(pod) {
		return pod, true
	}
	if arg == "-" || arg == "." || arg == ".." || strings.ContainsRune(arg, '/') || strings.ContainsRune(arg, filepath.Separator) || manifest.IsManifestFile(arg) {
		return "", false
	}
	if u, err := url.Parse(arg); err == nil && u.Scheme != "" {
		return "", false
	}
	return arg, true
}

// unique leaves out what was named before.
func unique(names []name) []name {
	seen := map[name]bool{}
	return slices.DeleteFunc(names, func(n name) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}

// isOfWorkload tells whether a pod belongs to one of the workloads.
func isOfWorkload(pod *corev1.Pod, workloads []manifest.Workload) bool {
	return slices.ContainsFunc(workloads, func(w manifest.Workload) bool { return w.Owns(pod) })
}

// podsOfWorkloads finds the pods of each workload on the node. A workload without any is an error, as a pod is that is not there.
func podsOfWorkloads(ctx context.Context, core corev1client.CoreV1Interface, workloads []manifest.Workload) ([]name, error) {
	var names []name
	var errs []error
	for _, w := range workloads {
		pods, err := core.Pods(w.GetNamespace()).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		before := len(names)
		for i := range pods.Items {
			if pod := &pods.Items[i]; w.Owns(pod) {
				names = append(names, name{pod.Namespace, pod.Name})
			}
		}
		if len(names) == before {
			errs = append(errs, fmt.Errorf("%s: no pod of it is there", w))
		}
	}
	return names, errors.Join(errs...)
}
