package volumes

import "strconv"

// EngineName is the engine's name for a volume of a pod.
func EngineName(podUID, volume string) string { return "podsim_" + podUID + "_" + volume }

// MetaName is the engine's name for the volume with podsim's own files of a pod. No volume of a pod has a name like it:
// those do not begin with a dot.
func MetaName(podUID string) string { return EngineName(podUID, ".meta") }

// SecretsName is the engine's name for the tmpfs volume with a pod's Secret objects.
func SecretsName(podUID string) string { return EngineName(podUID, ".secrets") }

// ClaimName is the engine's name for the volume of a claim. It outlives its pods.
func ClaimName(namespace, claim string) string { return "podsim-pvc_" + namespace + "_" + claim }

// LabelClaim is the name of the claim on a claim's volume.
const LabelClaim = "podsim.io/claim"

// Files of the meta volume, relative to its root.
const (
	HostsFile      = "hosts"
	ResolvConfFile = "resolv.conf"
	HostnameFile   = "hostname"
)

// TerminationLog is the file of the meta volume that one instance of a container has at its terminationMessagePath
// (S10.30). attempt counts from 0.
func TerminationLog(container string, attempt int) string {
	return "term/" + container + "/" + strconv.Itoa(attempt)
}
