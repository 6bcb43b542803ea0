// Package manifest turns manifests into typed Kubernetes objects, as kubectl and the API server of Kubernetes v1.37 do
// together: it reads inputs, decodes strictly (S1.1), fills in defaults (S1.2), validates (S2), and says where in its
// inputs something is wrong.
//
//	contents, err := manifest.Load(ctx, []string{"pod.yaml", "config/"}, manifest.Options{})
//	for _, pod := range contents.Pods { ... }
package manifest
