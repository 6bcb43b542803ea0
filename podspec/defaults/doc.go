// Package defaults fills in what the API server of Kubernetes v1.37 fills in when it decodes an object (S1.2), and what
// its admission adds that a pod can feel (S1.3). Applying it again changes nothing.
package defaults
