package runtime

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
)

// maxPods is how many pods a kubelet takes by default. podsim takes more.
const maxPods = 110

// nodeObject is the node as the API shows it: the machine of the engine, all of which its pods may have.
func nodeObject(facts engine.Facts, uid types.UID, now metav1.Time) *corev1.Node {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(int64(facts.CPUs), resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(facts.Memory, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(maxPods, resource.DecimalSI),
	}
	condition := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: kind, Status: status, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: NodeName, UID: uid, CreationTimestamp: now,
			Labels: map[string]string{
				corev1.LabelHostname: NodeName, corev1.LabelOSStable: facts.OS, corev1.LabelArchStable: facts.Arch,
				"beta.kubernetes.io/os": facts.OS, "beta.kubernetes.io/arch": facts.Arch,
			},
		},
		Status: corev1.NodeStatus{
			Capacity: capacity, Allocatable: capacity.DeepCopy(),
			Conditions: []corev1.NodeCondition{
				condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
				condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
				condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
				condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
			},
			Addresses: []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: NodeName}},
			NodeInfo: corev1.NodeSystemInfo{
				KernelVersion: facts.Kernel, OSImage: facts.System, ContainerRuntimeVersion: "docker://" + facts.Version,
				KubeletVersion: podspec.KubernetesVersion, OperatingSystem: facts.OS, Architecture: facts.Arch,
			},
		},
	}
}
