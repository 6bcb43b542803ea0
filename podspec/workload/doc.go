// Package workload makes the pods that the controllers of Kubernetes v1.37 would make: of a Deployment, ReplicaSet,
// StatefulSet, DaemonSet, Job or CronJob, with their names, labels, owner references, and the claims of a StatefulSet.
//
// Names that end in random characters in a cluster end in the same ones here each time, so that a manifest always
// names the same pods. Hashes of templates are those of a cluster. Nothing is kept running: that is a controller's work.
package workload
