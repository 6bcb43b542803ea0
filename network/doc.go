// Package network makes a pod's sandbox: the container that owns the pod's network and IPC namespaces and holds its
// volumes, the agent that runs in it, the engine network it is attached to, and the files that tell the pod's
// containers their names and resolvers.
//
// Most of it is pure: Sandbox says what the engine is asked to create, Hosts and ResolvConf return files byte for byte
// as a kubelet writes them. The few functions with effects (EnsureAgentImage, EnsureNetwork, RemoveNetworkIfUnused,
// CallAgent, Tunnel, RunHelper, KillExec) take the narrow piece of the Docker client that they need and keep no state.
//
// The package knows nothing of volumes, of containers other than the sandbox, or of when a pod starts and ends.
//
// # The agent
//
// The sandbox image holds one file, the program in the folder agent, which is embedded here as agentbin/*.gz. After a
// change to it, or to the folder splice that it shares with Tunnel, run
//
//	go generate ./network
//
// and commit the result. The build is reproducible: the same Go version gives the same bytes, and
// `gunzip <agentbin/amd64.gz >a; go version a` tells which version made the committed ones.
package network

//go:generate go run ./agentbin
