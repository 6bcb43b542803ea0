// Package runtime is the node: podsim's own kubelet. It keeps the pods' objects in a store, runs one worker a pod, and serves the
// Kubernetes API to its clients. What a worker does is decided by the pure packages plan and status; this package carries it out on a
// Docker Engine and knows nothing of manifests or terminals.
//
// A pod's way through it: CreatePod stores the object and starts its worker (worker.go). The worker makes passes (pass.go): it
// publishes the status, asks plan what to do, does it, and sleeps until the engine, a probe, a clock or a client brings news.
// sandbox.go sets a pod up, start.go starts one instance, probes.go watches over what runs, stop.go stops instances in order,
// hooks.go runs what containers want done after their start and before their stop, restartall.go lets all containers of a pod begin
// anew, remove.go leaves nothing behind, and adopt.go finds all of it again after a crash.
//
// # Left out
//
// Numbers such as (S6.4) name facts of podsim's fact sheet of pod semantics. Of its sections S2 to S8 and S15 each fact is held by a
// test, except for these, or the part of them that is named:
//
//   - S2.85 of gitRepo volumes and of media of emptyDir volumes: they are refused as not supported.
//   - S2.87 of images, activeDeadlineSeconds, tolerations and scheduling gates: of a pod that is there only labels, annotations and
//     ephemeral containers can be changed.
//   - S3.14, S3.57, S8.11, S8.50 of eviction, and S3.20, S3.27 of DisruptionTarget: nobody measures what a pod takes of the disk or of
//     the machine.
//   - S3.14 of refusals by the node: what podsim cannot run it refuses at the creation.
//   - S3.20 of the conditions of a resize: nothing is resized.
//   - S3.22, S4.50 of several ready sandboxes, another network mode, and a sandbox without an address: a pod has one sandbox, whose
//     network is settled at its creation and to which the engine gives an address as it starts it.
//   - S3.23, S3.24 of containers with unknown status: every container always has a status.
//   - S3.32 of the message of a container that ran: its termination log is there to be written and is not read yet.
//   - S3.40 of user.linux, which the engine does not tell, and of recursiveReadOnly, which always shows as Disabled.
//   - S3.54: an instance that the engine cannot start shows as StartError with 128, as under containerd (S3.53).
//   - S3D of RegistryUnavailable and SignatureValidationFailed, which the engine does not tell from other failures of a pull, and of
//     PreCreateHookError and PreStartHookError, as no step of a start has these names.
//   - S4.14, S4.19, S4.32 of containers in an unknown state: the engine has no such state.
//   - S4.19, S4.33, S4.34, S7.6 of a changed definition and of a resize: image and resources of a container cannot change.
//   - S4.52 of mains with a policy or rules of their own that do not start them again: in a new sandbox they stay ended, however they
//     ended.
//   - S4.61 of the logs of removed instances: the engine removes them too. No status names those instances, so that only files on the
//     node could show them.
//   - S5.6 of the key's parts: a container's back-off belongs to the container, whose image and resources cannot change.
//   - S5.8, S5.13, S5.14 of the random factor: it is 9/8 for crashes and 1 for all else, so that runs repeat.
//   - S5.15: a refusal shows at once.
//   - S6.3: no probe waits for a random time at first, so that runs repeat.
//   - S8.3: a forced deletion kills at once, and the pod is gone when nothing of it is left.
//   - S8.51: a stop has no time limit of its own; one that the engine fails is tried again.
//   - S15 of the events of what is left out (Evicted, Preempting, ExceededGracePeriod, those of a resize and of refusals by the node), of
//     FailedToRetrieveImagePullSecret, because the engine has its own credentials, and of NetworkNotReady, FailedPodSandBoxStatus and
//     FailedSync, because the troubles that they tell of show in FailedCreatePodSandBox or in the node's log.
package runtime
