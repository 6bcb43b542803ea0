// Package runtime is the node: podsim's own kubelet. It keeps the pods' objects in a store, runs one worker a pod, and serves the
// Kubernetes API to its clients. What a worker does is decided by the pure packages plan and status; this package carries it out on a
// Docker Engine and knows nothing of manifests or terminals.
//
// A pod's way through it: CreatePod stores the object and starts its worker (worker.go). The worker makes passes (pass.go): it
// publishes the status, asks plan what to do, does it, and sleeps until the engine, a probe, a clock or a client brings news.
// sandbox.go sets a pod up, image.go and pull.go bring an image, start.go starts one instance of it, probes.go watches over what runs,
// stop.go stops instances in order, hooks.go runs what containers want done after their start and before their stop, restartall.go lets
// all containers of a pod begin anew, resize.go changes what running ones may take, disk.go and outofmemory.go end what takes too much,
// remove.go leaves nothing behind, and adopt.go finds all of it again after a crash. What the engine has nothing of is kept in the state
// directory: pods that wait for their first sandbox (waiting.go), and what no pod has a record of (keep.go, package kept).
//
// What Services come to is decided by the pure package services for all pods at once (servicetables.go); beside each worker a keeper
// tells it to the pod's proxy (serviceproxy.go), and a router links the networks of namespaces (router.go).
//
// What is done to a pod on purpose (package fault) a keeper beside its worker does and ends (podfaults.go, faulteffects.go). Clients ask for
// it at a path of podsim's own, not of the Kubernetes API: a cluster has no such resource, and who asks is to hear at once why it cannot be.
//
// # Left out
//
// Numbers such as (S6.4) name facts of podsim's fact sheet of pod semantics. Of its sections S2 to S16 each fact is held by a test, except
// for these, or the part of them that is named (S16 tells again what the other sections do):
//
//   - S2.85 of gitRepo volumes and of media of emptyDir volumes: they are refused as not supported.
//   - S3.14 of evictions that spare the node, and S3.20, S3.27 of the DisruptionTarget that only those set: a pod is evicted for what it
//     takes of the disk itself, never for what the machine lacks.
//   - S3.14 of refusals by the node: it refuses for PodOSNotSupported, SysctlForbidden, AppArmor and NodePorts; what else podsim cannot run it refuses at the creation.
//   - S3.22, S4.50 of several ready sandboxes, another network mode, and a sandbox without an address: a pod has one sandbox, whose
//     network is settled at its creation and to which the engine gives an address as it starts it.
//   - S3.23, S3.24 of containers with unknown status: every container always has a status.
//   - S3.40 of user.linux, which the engine does not tell.
//   - S3.54: an instance that the engine cannot start shows as StartError with 128, as under containerd (S3.53).
//   - S3D of RegistryUnavailable and SignatureValidationFailed, which the engine does not tell from other failures of a pull, and of
//     PreCreateHookError and PreStartHookError, as no step of a start has these names.
//   - S4.14, S4.19, S4.32 of containers in an unknown state: the engine has no such state.
//   - S4.52 of mains with a policy or rules of their own that do not start them again: in a new sandbox they stay ended, however they
//     ended.
//   - S4.61 of the logs of removed instances: the engine removes them too. No status names those instances, so that only files on the
//     node could show them.
//   - S5.8, S5.13, S5.14 of the random factor: it is 1.15 for crashes and 1 for all else, so that runs repeat.
//   - S5.15: a refusal shows at once.
//   - S6.3: no probe waits for a random time at first, so that runs repeat.
//   - S8.3: a forced deletion kills at once, and the pod is gone when nothing of it is left.
//   - S8.51: a stop has no time limit of its own; one that the engine fails is tried again.
//   - S9.30 of the words for a container without a command: they are the engine's, of which old ones begin with a capital letter.
//   - S10.1: /etc/hosts is not written again when nobody has changed it.
//   - S10.40, S10.41 of files: the engine has the logs where and as it wants, and no container finds them under /var/log. What clients
//     are shown of them is as on a node.
//   - S10.42 of the time of a rotation, of compressed files and of the current file alone: the engine begins a new file as soon as one is
//     full, and shows all those that it has kept.
//   - S11.2 of volumes that only an ephemeral container mounts: they are not set up, and the container is not created.
//   - S11.4 of the end of a pass after 2 minutes: a volume is tried again as often as it takes.
//   - S11.12 of HugePages, which are refused at the creation.
//   - S11.45 of a claim that is missing: it gets a volume of its own, as there is no scheduler that the pod could wait for. A pod that
//     came when its claim was being deleted already does wait, but with a kubelet's event and not a scheduler's; one that came before has the
//     claim, where a kubelet and the claim would wait for each other.
//   - S11.46 of a sub path that an image does not have: it is an empty directory.
//   - S11.51 of a single file that is a subPath of hostPath or, below API 1.45, of any volume that containers write to, and of a hostPath
//     that programs of the machine itself write to: what a container that runs exchanges for a link between the check and the start, some
//     tenths of a second, is followed. Directories are held meanwhile, so that no container can do that to them.
//   - S11.63: nothing tells of an fsGroup that takes long to apply.
//   - S12.2 of a user name that the image does not know: the engine tells at the start, so that it shows as StartError.
//   - S12.10 of the sandbox: its profile is the engine's own, where that has seccomp, but for a privileged one (S12.7).
//   - S12.10 of seccompDefault, which podsim's node has no option for, and of the place of Localhost profiles, which is the user's own.
//   - S12.11 of a Localhost profile that is not loaded: the engine tells at the start.
//   - S12.12 of Unmasked, and S12B of hostUsers false: engines have one mapping of users for all containers, so that it is refused.
//   - S13.12, S13.16 of cgroups of version 2: the engine's runtime turns shares into a weight, and nothing sets memory.high.
//   - S13.14 where the engine cannot limit swap, and S13.25 where it may not lower oom_score_adj: a warning tells so.
//   - S13.17 of huge pages, and extended resources: no engine gives them out, so that they are refused at the creation.
//   - S13.20 of the pod's cgroup, and S13.31 of resources of the pod level: an engine has none that would hold all containers together,
//     so that each without a limit of its own has the pod's (S13.13), which does not change.
//   - S13.25 of the sandboxes of burstable and best-effort pods: their oom_score_adj stays 0, as whether the engine may lower it is tried
//     out for pods whose containers want that.
//   - S13.27 of a container that ends within milliseconds of a process that was killed for want of memory: the engine may hear of that
//     last, and then Completed or Error shows.
//   - S13.31 of Infeasible: what makes a resize so on a node, such as exclusive processors, podsim does not have.
//   - S14.2 of images that were pulled with a pod's secret: what is on the engine is there for every pod.
//   - S14.7: images are pulled ahead, and those of several pods at once, unless one at a time is asked for; events tell of each pull in
//     its container's turn. Nothing limits how many pulls a second begin.
//   - S15 of the events of what is left out (Preempting, ExceededGracePeriod, and those of refusals by the node), and of NetworkNotReady,
//     FailedPodSandBoxStatus and FailedSync, because the troubles that they tell of show in FailedCreatePodSandBox or in the node's log.
package runtime
