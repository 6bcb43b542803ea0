package network

import "strconv"

// What lies where inside a sandbox.
const (
	// Root is the directory of everything that is podsim's in a sandbox. One archive call to it fills all volumes.
	Root = "/podsim"
	// AgentPath is the agent's program.
	AgentPath = Root + "/agent"
	// PausePath is the name of that program that the process in a sandbox has: the one that a node's has, for whoever shares its
	// process namespace to see.
	PausePath = "/pause"
	// VolumesDir has every volume of the pod, except hostPath, mounted below it by name.
	VolumesDir = Root + "/volumes"
	// MetaDir is where the pod's meta volume is mounted.
	MetaDir = Root + "/meta"
	// SecretsDir is where the tmpfs for the pod's Secret objects is mounted.
	SecretsDir = Root + "/secrets"
	// hostDir is where a helper container has the root directory of the engine's machine.
	hostDir = "/host"
)

// Labels of what podsim creates on an engine. Those of io.kubernetes are dockershim's, which other tools know.
const (
	// LabelManaged is "true" on every image, container, volume and network that podsim made; it removes nothing else.
	LabelManaged = "podsim.io/managed"
	// LabelNode is the identity of the node that made a thing; a node adopts and removes only its own.
	LabelNode = "podsim.io/node"
	// LabelNamespace is the namespace of a network or of a claim's volume.
	LabelNamespace = "podsim.io/namespace"

	// LabelNetwork names the network that a sandbox joined instead of its namespace's, as the pod's AnnotationNetwork or the node said.
	LabelNetwork = "podsim.io/network"

	LabelPodName       = "io.kubernetes.pod.name"
	LabelPodNamespace  = "io.kubernetes.pod.namespace"
	LabelPodUID        = "io.kubernetes.pod.uid"
	LabelContainerName = "io.kubernetes.container.name"
	// LabelSandbox is the sandbox that an instance or a proxy joined.
	LabelSandbox = "io.kubernetes.sandbox.id"
	// LabelType is TypeSandbox, TypeContainer, TypeProxy or TypeRouter; a helper has none.
	LabelType = "io.kubernetes.docker.type"
	// LabelRestartCount is the attempt, counted from 0.
	LabelRestartCount = "annotation.io.kubernetes.container.restartCount"
)

// AnnotationNetwork on a pod is the name or the id of a network of the engine that the pod joins when its sandbox is made, instead of
// the network of its namespace. Empty, it means that one. podsim never removes a network that pods joined.
const AnnotationNetwork = "podsim.io/network"

// Values of LabelType and of a sandbox's LabelContainerName.
const (
	TypeSandbox      = "podsandbox"
	TypeContainer    = "container"
	TypeProxy        = "podsim.io/proxy"
	TypeRouter       = "podsim.io/router"
	SandboxContainer = "POD"
)

// SandboxName is the engine's name for the pod's sandbox of an attempt (from 0).
func SandboxName(pod, namespace, uid string, attempt int) string {
	return "k8s_" + SandboxContainer + "_" + pod + "_" + namespace + "_" + uid + "_" + strconv.Itoa(attempt)
}

// Name is the engine's name for the network of the pods of a namespace.
func Name(namespace string) string {
	return "podsim_" + namespace
}
