// Package fields knows every field of a pod by its path: what a node does with it, what podsim does, and the feature gate that it
// needs. README.md beside it is the table in print.
package fields

//go:generate go run ./internal/readme README.md
