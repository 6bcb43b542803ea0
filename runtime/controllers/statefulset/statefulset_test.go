package statefulset_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/statefulset"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newSet(replicas int32, change ...func(*appsv1.StatefulSet)) *appsv1.StatefulSet {
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Generation: 2},
		Spec:       appsv1.StatefulSetSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}},
	}
	for _, c := range change {
		c(set)
	}
	return set
}

func parallel(set *appsv1.StatefulSet) { set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement }
func onDelete(set *appsv1.StatefulSet) {
	set.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
}
func partition(n int32) func(*appsv1.StatefulSet) {
	return func(set *appsv1.StatefulSet) {
		set.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: &n}
	}
}
func startsAt(n int32) func(*appsv1.StatefulSet) {
	return func(set *appsv1.StatefulSet) { set.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: n} }
}
func twoAtATime(set *appsv1.StatefulSet) {
	set.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{MaxUnavailable: ptr.To(intstr.FromInt32(2))}
}

// pods are those that a text tells of, such as "0 1:waits 2:old,leaves 3:failed".
func pods(set *appsv1.StatefulSet, text string) []*corev1.Pod {
	var all []*corev1.Pod
	for word := range strings.FieldsSeq(text) {
		ordinal, is, _ := strings.Cut(word, ":")
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "db-" + ordinal, UID: types.UID(word), Labels: map[string]string{appsv1.StatefulSetRevisionLabel: workload.StatefulRevision(set)}},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
				{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-time.Minute))}}},
		}
		for state := range strings.SplitSeq(is, ",") {
			switch state {
			case "waits":
				pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
			case "failed":
				pod.Status = corev1.PodStatus{Phase: corev1.PodFailed}
			case "leaves":
				pod.DeletionTimestamp = &metav1.Time{Time: now}
			case "old":
				pod.Labels[appsv1.StatefulSetRevisionLabel] = "db-before"
			}
		}
		all = append(all, pod)
	}
	return all
}

func TestPodsComeAndGoInTheirOrder(t *testing.T) {
	for _, test := range []struct {
		name string
		set  *appsv1.StatefulSet
		pods string
		plan string
	}{
		{"the first comes first", newSet(3), "", "create 0"},
		{"the next waits for it", newSet(3), "0:waits", ""},
		{"and comes when it is ready", newSet(3), "0", "create 1"},
		{"one that is missing comes before others", newSet(3), "0 2", "create 1"},
		{"all at once if they may", newSet(3, parallel), "1:waits", "create 0 create 2"},
		{"ordinals begin where they are to", newSet(2, startsAt(5)), "", "create 5"},
		{"one that has failed makes room", newSet(2), "0:failed 1", "ended 0"},
		{"the last goes first", newSet(1), "0 1 2", "scaled 2"},
		{"the next waits until it is gone", newSet(1), "0 1 2:leaves", ""},
		{"nobody goes while one is missing", newSet(2), "0:waits 1 2", ""},
		{"all go at once if they may", newSet(0, parallel), "0 1", "scaled 1 scaled 0"},
		{"of another template the last is replaced first", newSet(3), "0:old 1:old 2:old", "delete 2"},
		{"the next waits until the new one is ready", newSet(3), "0:old 1:old 2:waits", ""},
		{"then it is replaced", newSet(3), "0:old 1:old 2", "delete 1"},
		{"those below the partition stay", newSet(3, partition(2)), "0:old 1:old 2", ""},
		{"the partition counts from the first ordinal", newSet(3, startsAt(5), partition(2)), "5:old 6:old 7:old", "delete 7"},
		{"whoever deletes pods by hand is not helped", newSet(2, onDelete), "0:old 1:old", ""},
		{"two at a time if they may", newSet(3, twoAtATime), "0:old 1:old 2:old", "delete 2 delete 1"},
		{"strangers are left alone", newSet(1), "0 x", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := statefulset.Decide(test.set, pods(test.set, test.pods), now)
			var did []string
			for _, ordinal := range plan.Create {
				did = append(did, fmt.Sprint("create ", ordinal))
			}
			for verb, list := range map[string][]*corev1.Pod{"ended": plan.Ended, "scaled": plan.Scaled, "delete": plan.Delete} {
				for _, pod := range list {
					did = append(did, verb+strings.Replace(pod.Name, "db-", " ", 1))
				}
			}
			if got := strings.Join(did, " "); got != test.plan {
				t.Errorf("got %q, want %q", got, test.plan)
			}
		})
	}
}

func TestStatusTellsTheRevisions(t *testing.T) {
	set := newSet(2)
	set.Status.CurrentRevision = "db-before"
	status, _ := statefulset.Status(set, pods(set, "0:old 1"), now)
	if status.Replicas != 2 || status.ReadyReplicas != 2 || status.CurrentReplicas != 1 || status.UpdatedReplicas != 1 || status.CurrentRevision != "db-before" ||
		status.UpdateRevision == status.CurrentRevision {
		t.Errorf("in the middle of an update: %+v", status)
	}
	set.Status = status
	if status, _ = statefulset.Status(set, pods(set, "0 1"), now); status.CurrentRevision != status.UpdateRevision || status.CurrentReplicas != 2 {
		t.Errorf("at its end: %+v", status)
	}
}
