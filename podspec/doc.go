// Package podspec turns manifests into typed Kubernetes objects and answers questions about a pod that need nothing
// but the pod: it decodes, defaults and validates as the API server of Kubernetes v1.37 does (S1, S2), and computes
// what a kubelet computes before it talks to its container runtime: environment, command line, host name, QoS class
// (S9, S10.10, S13A).
//
//	manifest, err := podspec.Load(ctx, []string{"pod.yaml", "config/"}, podspec.Options{})
//	for _, pod := range manifest.Pods { ... }
//
// Everything but Load is a pure function. The package knows nothing of Docker, of podsim's node and its store, or of
// time. Numbers such as (S2.21) name facts of podsim's fact sheet of pod semantics.
package podspec
