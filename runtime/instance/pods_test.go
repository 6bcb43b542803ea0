package instance

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// inputOf is an attempt of the main "c" of a pod, changed by change.
func inputOf(change func(pod *corev1.Pod, c *corev1.Container)) Input {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "u"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "busybox:1.36"}}},
	}
	if change != nil {
		change(pod, &pod.Spec.Containers[0])
	}
	return Input{Pod: pod, Container: &pod.Spec.Containers[0], Attempt: 2, SandboxID: "box", NodeID: "node", NodeMemory: 8 << 30, Seccomp: true}
}

func configOf(t *testing.T, in Input) (*container.Config, *container.HostConfig) {
	t.Helper()
	config, host, err := Config(in)
	if err != nil {
		t.Fatal(err)
	}
	return config, host
}

// hostOf is the host part of the configuration of a changed attempt.
func hostOf(t *testing.T, change func(pod *corev1.Pod, c *corev1.Container)) *container.HostConfig {
	t.Helper()
	_, host := configOf(t, inputOf(change))
	return host
}

func quantities(cpu, memory string) corev1.ResourceList {
	list := corev1.ResourceList{}
	if cpu != "" {
		list[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if memory != "" {
		list[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return list
}

func ptr[T any](v T) *T { return &v }
