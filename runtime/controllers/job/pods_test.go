package job

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Of any two neighbours the first is deleted rather than the second.
func TestWhichPodIsDeletedFirst(t *testing.T) {
	at := func(seconds int) metav1.Time { return metav1.NewTime(time.Unix(int64(seconds), 0)) }
	pod := func(change func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: at(100)}}
		p.Spec.NodeName, p.Status.Phase = "podsim", corev1.PodRunning
		p.Spec.InitContainers = []corev1.Container{{Name: "side", RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways)}, {Name: "init"}}
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: at(200)}}
		change(p)
		return p
	}
	restarted := func(name string, n int32) []corev1.ContainerStatus {
		return []corev1.ContainerStatus{{Name: name, RestartCount: n}}
	}
	order := []struct {
		name string
		pod  *corev1.Pod
	}{
		{"on no node", pod(func(p *corev1.Pod) { p.Spec.NodeName = "" })},
		{"pending", pod(func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending })},
		{"unknown", pod(func(p *corev1.Pod) { p.Status.Phase = corev1.PodUnknown })},
		{"not ready", pod(func(p *corev1.Pod) { p.Status.Conditions = nil })},
		{"ready since nobody knows", pod(func(p *corev1.Pod) { p.Status.Conditions[0].LastTransitionTime = metav1.Time{} })},
		{"just become ready", pod(func(p *corev1.Pod) { p.Status.Conditions[0].LastTransitionTime = at(300) })},
		{"restarted often", pod(func(p *corev1.Pod) { p.Status.ContainerStatuses = restarted("main", 2) })},
		{"restarted", pod(func(p *corev1.Pod) { p.Status.ContainerStatuses = restarted("main", 1) })},
		{"its sidecar restarted", pod(func(p *corev1.Pod) { p.Status.InitContainerStatuses = restarted("side", 1) })},
		{"young", pod(func(p *corev1.Pod) { p.CreationTimestamp = at(150) })},
		{"its init restarted", pod(func(p *corev1.Pod) { p.Status.InitContainerStatuses = restarted("init", 9) })},
	}
	for i := range order[1:] {
		first, second := order[i], order[i+1]
		if byProgress(first.pod, second.pod) >= 0 || byProgress(second.pod, first.pod) <= 0 {
			t.Errorf("%q does not come before %q", first.name, second.name)
		}
	}
	if plain := pod(func(*corev1.Pod) {}); byProgress(plain, order[len(order)-1].pod) != 0 {
		t.Error("restarts of init containers count")
	}
	shuffled := slices.Clone(order)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, func(a, b struct {
		name string
		pod  *corev1.Pod
	}) int {
		return byProgress(a.pod, b.pod)
	})
	for i := range order {
		if shuffled[i].name != order[i].name {
			t.Errorf("at %d: %q, want %q", i, shuffled[i].name, order[i].name)
		}
	}
}
