// Package podspec answers the questions about a pod that need nothing but the pod. Itself it computes what a kubelet
// computes before it talks to its container runtime: environment, command line, host name, QoS class, the objects
// that a pod refers to (S9, S10.10, S13A). Its subpackages are a manifest's way in:
//
//	manifest     reads inputs, decodes their objects and admits them: all that follows, in one call
//	defaults     fills in what an API server fills in (S1.2)
//	validation   finds what an API server finds wrong, in its words (S2), and what it warns of
//	fields       what podsim does with each field of a pod: honours it, has no meaning for it, refuses it
//	workload     the pods that the controllers of Deployments, Jobs and their like would make
//
// Everything but manifest.Load is a pure function. Nothing here knows of Docker, of podsim's node and its store, or of
// time. Numbers such as (S2.21) name facts of podsim's fact sheet of pod semantics.
package podspec
