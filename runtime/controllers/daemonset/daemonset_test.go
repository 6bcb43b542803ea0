package daemonset_test

import (
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/daemonset"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newPod(set *appsv1.DaemonSet, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := workload.DaemonPod(set)
	pod.Name = name
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
	for _, c := range change {
		c(pod)
	}
	return pod
}

func old(pod *corev1.Pod)     { pod.Labels[appsv1.ControllerRevisionHashLabelKey] = "before" }
func leaving(pod *corev1.Pod) { pod.DeletionTimestamp = &metav1.Time{Time: now} }
func failed(pod *corev1.Pod)  { pod.Status.Phase = corev1.PodFailed }
func younger(pod *corev1.Pod) { pod.CreationTimestamp = metav1.NewTime(now) }

func TestTheNodeHasOnePod(t *testing.T) {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "agent", Generation: 1}}
	byHand := set.DeepCopy()
	byHand.Spec.UpdateStrategy.Type = appsv1.OnDeleteDaemonSetStrategyType
	for name, test := range map[string]struct {
		set  *appsv1.DaemonSet
		pods []*corev1.Pod
		want string
	}{
		"none is there":                   {set, nil, "create true, delete [], failed []"},
		"it is there":                     {set, []*corev1.Pod{newPod(set, "a")}, "create false, delete [], failed []"},
		"the next waits until it is gone": {set, []*corev1.Pod{newPod(set, "a", leaving)}, "create false, delete [], failed []"},
		"of two the older stays":          {set, []*corev1.Pod{newPod(set, "b", younger), newPod(set, "a")}, "create false, delete [b], failed []"},
		"one that failed makes room":      {set, []*corev1.Pod{newPod(set, "a", failed)}, "create false, delete [], failed [a]"},
		"one of an old template goes":     {set, []*corev1.Pod{newPod(set, "a", old)}, "create false, delete [a], failed []"},
		"unless somebody does it by hand": {byHand, []*corev1.Pod{newPod(byHand, "a", old)}, "create false, delete [], failed []"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := daemonset.Decide(test.set, test.pods)
			got := fmt.Sprintf("create %t, delete %v, failed %v", plan.Create, names(plan.Delete), names(plan.Failed))
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	status, _ := daemonset.Status(set, []*corev1.Pod{newPod(set, "a", old)}, now)
	if status.CurrentNumberScheduled != 1 || status.NumberReady != 1 || status.UpdatedNumberScheduled != 0 || status.NumberUnavailable != 0 {
		t.Errorf("status is %+v", status)
	}
}

func names(pods []*corev1.Pod) []string {
	list := []string{}
	for _, pod := range pods {
		list = append(list, pod.Name)
	}
	return list
}
