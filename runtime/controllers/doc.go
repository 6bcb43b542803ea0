// Package controllers keeps what clients ask for of Deployments, ReplicaSets, StatefulSets and DaemonSets: so many pods of their template,
// and no others. It runs Jobs to their completion, collects what is left when its owner is gone, and keeps claims as long as pods use them.
//
// Every kind has a controller of its own: a queue of names, fed by what changes in the store, and one goroutine that looks at one object
// after the other and brings the world closer to what it says (run.go). What there is to do is decided by pure packages below this one;
// here it is done. Controllers read from the store of their own process, in which every change shows at once, and write through the API as
// any client does, so that their pods are admitted, defaulted and validated (client.go).
//
// What differs from a cluster's: a changed template replaces all pods of a Deployment at once, there are no ControllerRevisions, so that
// the history of StatefulSets and DaemonSets cannot be had and pods below a partition that begin anew are of the new template, and a
// DaemonSet's pod has no affinity to its node.
package controllers
