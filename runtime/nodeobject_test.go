package runtime

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestTheNodeShowsItsMachine(t *testing.T) {
	inWorld(t, func(w *world) {
		node, err := w.node.store.Nodes.Get(types.NamespacedName{Name: NodeName})
		if err != nil {
			t.Fatal(err)
		}
		if cpus, memory := node.Status.Allocatable.Cpu(), node.Status.Allocatable.Memory(); cpus.String() != "4" || memory.String() != "8Gi" {
			t.Errorf("it has %s CPUs and %s", cpus, memory)
		}
		if node.Labels[corev1.LabelArchStable] != "amd64" || node.Status.NodeInfo.KernelVersion != "6.1.0" || node.CreationTimestamp.After(metav1.Now().Time) {
			t.Errorf("%+v", node)
		}
		ready := node.Status.Conditions[len(node.Status.Conditions)-1]
		if ready.Type != corev1.NodeReady || ready.Status != corev1.ConditionTrue {
			t.Errorf("%+v", ready)
		}
	})
}
