// Package network makes a pod's sandbox: the container that owns the pod's network and IPC namespaces and holds its
// volumes, the agent that runs in it, the engine network it is attached to, and the files that tell the pod's
// containers their names and resolvers.
//
// Most of it is pure: Sandbox says what the engine is asked to create, Hosts and ResolvConf return files byte for byte
// as a kubelet writes them. The few functions with effects (EnsureAgentImage, EnsureNetwork, FindNetwork, RemoveNetworkIfUnused,
// CallAgent, Tunnel, RunHelper, KillExec, StartProxy, StartRouter, ChangeWire) take the narrow piece of the Docker client that they need
// and keep no state.
//
// The package knows nothing of volumes, of the pod's own containers, or of when a pod starts and ends.
//
// # Services
//
// Beside the sandbox a pod may have a proxy, a container that joins its network namespace and may change that one's rules. It runs the
// agent, too: that has the kernel translate connections to Services, and answers for the names of the cluster. To the pod's resolver it
// is the engine's own DNS server, whose address /etc/resolv.conf has had since before there was a proxy: the rules lead there what is
// asked of that, and the proxy hands on what it does not know. Package serviceproxy has the tables that a proxy is told.
//
// # The agent
//
// The sandbox image holds one file, the program in the folder agent, which is embedded here as agentbin/*.gz. After a
// change to it, or to the folders splice, serviceproxy and wire that it shares with this package, run
//
//	go generate ./network
//
// and commit the result. The build is reproducible: the same Go version gives the same bytes, and
// `gunzip <agentbin/amd64.gz >a; go version a` tells which version made the committed ones.
package network

//go:generate go run ./agentbin
