// Package fields knows every field of a pod by its path: what podsim does with it, and the feature gate that it needs.
package fields
