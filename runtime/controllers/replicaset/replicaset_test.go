package replicaset_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/controllers/replicaset"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newReplicaSet(replicas int32) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web", Generation: 3}, Spec: appsv1.ReplicaSetSpec{Replicas: &replicas}}
}

// newPod is a pod that was made and is ready since so many seconds ago.
func newPod(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(now.Add(-time.Minute))},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-30 * time.Second))}}},
	}
	for _, c := range change {
		c(pod)
	}
	return pod
}

func pending(pod *corev1.Pod)  { pod.Status = corev1.PodStatus{Phase: corev1.PodPending} }
func notReady(pod *corev1.Pod) { pod.Status.Conditions[0].Status = corev1.ConditionFalse }
func failed(pod *corev1.Pod)   { pod.Status = corev1.PodStatus{Phase: corev1.PodFailed} }
func leaving(pod *corev1.Pod)  { pod.DeletionTimestamp = &metav1.Time{Time: now} }
func costs(cost string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Annotations = map[string]string{corev1.PodDeletionCost: cost} }
}
func madeAgo(d time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.CreationTimestamp = metav1.NewTime(now.Add(-d)) }
}
func readyFor(d time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Status.Conditions[0].LastTransitionTime = metav1.NewTime(now.Add(-d)) }
}
func restarted(pod *corev1.Pod) {
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{RestartCount: 4}}
}

func TestPodsAreKeptAtTheirNumber(t *testing.T) {
	for name, test := range map[string]struct {
		replicas int32
		pods     []*corev1.Pod
		create   int
		delete   []string
		again    time.Duration
	}{
		"none are there":                {2, nil, 2, nil, 0},
		"all are there":                 {1, []*corev1.Pod{newPod("a")}, 0, nil, 0},
		"one that leaves is replaced":   {1, []*corev1.Pod{newPod("a", leaving)}, 1, nil, 0},
		"one that failed is replaced":   {1, []*corev1.Pod{newPod("a", failed)}, 1, nil, 0},
		"pending goes before running":   {1, []*corev1.Pod{newPod("a"), newPod("b", pending)}, 0, []string{"b"}, 0},
		"not ready goes before ready":   {1, []*corev1.Pod{newPod("a"), newPod("b", notReady)}, 0, []string{"b"}, 0},
		"cheap goes before dear":        {1, []*corev1.Pod{newPod("a", costs("-5")), newPod("b")}, 0, []string{"a"}, 0},
		"not ready goes before cheap":   {1, []*corev1.Pod{newPod("a", costs("-5")), newPod("b", notReady)}, 0, []string{"b"}, 0},
		"ready last goes first":         {1, []*corev1.Pod{newPod("a", readyFor(time.Second)), newPod("b")}, 0, []string{"a"}, 0},
		"restarted goes first":          {1, []*corev1.Pod{newPod("a"), newPod("b", restarted)}, 0, []string{"b"}, 0},
		"the youngest goes first":       {1, []*corev1.Pod{newPod("a", madeAgo(time.Hour)), newPod("b")}, 0, []string{"b"}, 0},
		"the third failure has to wait": {1, []*corev1.Pod{newPod("a", failed), newPod("b", failed), newPod("c", failed, madeAgo(0))}, 0, nil, time.Second},
		"and the fifth for longer": {1, []*corev1.Pod{newPod("a", failed), newPod("b", failed), newPod("c", failed), newPod("d", failed),
			newPod("e", failed, madeAgo(time.Second))}, 0, nil, 3 * time.Second},
		"until its time has come": {1, []*corev1.Pod{newPod("a", failed), newPod("b", failed), newPod("c", failed, madeAgo(2*time.Second))}, 1, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			plan := replicaset.Decide(newReplicaSet(test.replicas), test.pods, now)
			var gone []string
			for _, pod := range plan.Delete {
				gone = append(gone, pod.Name)
			}
			if plan.Create != test.create || !slices.Equal(gone, test.delete) || plan.Again != test.again {
				t.Errorf("makes %d, deletes %v, again in %v", plan.Create, gone, plan.Again)
			}
		})
	}
}

func TestAReplicaSetThatGoesLeavesItsPodsAlone(t *testing.T) {
	rs := newReplicaSet(3)
	rs.DeletionTimestamp = &metav1.Time{Time: now}
	if plan := replicaset.Decide(rs, nil, now); plan.Create != 0 {
		t.Errorf("makes %d pods", plan.Create)
	}
}

func TestStatusCountsActivePods(t *testing.T) {
	rs := newReplicaSet(5)
	rs.Spec.MinReadySeconds = 10
	status, again := replicaset.Status(rs, []*corev1.Pod{
		newPod("a"), newPod("b", readyFor(4*time.Second)), newPod("c", notReady), newPod("d", failed), newPod("e", leaving),
	}, errors.New("no room"), now)
	if status.Replicas != 3 || status.ReadyReplicas != 2 || status.AvailableReplicas != 1 || *status.TerminatingReplicas != 1 || status.ObservedGeneration != 3 {
		t.Errorf("status is %+v", status)
	}
	if again != 6*time.Second {
		t.Errorf("changes in %v", again)
	}
	if len(status.Conditions) != 1 || status.Conditions[0].Reason != "FailedCreate" || status.Conditions[0].Message != "no room" {
		t.Errorf("conditions are %+v", status.Conditions)
	}
	rs.Status = status
	if status, _ = replicaset.Status(rs, nil, nil, now); len(status.Conditions) != 0 {
		t.Errorf("the failure stays: %+v", status.Conditions)
	}
}
