// Package volumes turns the volumes of a pod into engine volumes, their content, and the mounts of its containers.
//
// NewPlan decides everything that can be decided from the pod and its objects: which engine volumes there are, what is
// in them, which paths of the engine's machine are used. A pod then starts like this:
//
//	plan, err := volumes.NewPlan(pod, node, objects)             // err: MountErrors, an event each
//	err = volumes.CheckHostPaths(ctx, engine, image, plan)       // a helper container, only for typed hostPaths
//	... create and start the sandbox with plan.SandboxMounts()   // this creates the engine volumes
//	archive := volumes.NewArchive(now); plan.Write(archive, ...); meta.Write(archive)
//	err = volumes.Fill(ctx, engine, sandboxID, archive)          // one call fills all of them
//	err = volumes.OwnClaims(ctx, engine, sandboxID, plan)        // only for claims of a pod with fsGroup
//	paths, err := volumes.ResolveSubPaths(...)                   // for each container with sub paths, and then
//	held, err := volumes.HoldSubPaths(...)
//	mounts, err := plan.Mounts(container, options)               // for each container
//
// Everything goes through the engine's API, so that a remote engine works like a local one; no path of the machine that
// podsim runs on is used. The package knows nothing of when containers start and of what else they are made of.
package volumes
