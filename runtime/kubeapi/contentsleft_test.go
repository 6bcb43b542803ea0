package kubeapi

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestANamespaceTellsWhatIsLeftInIt(t *testing.T) {
	var some contentsLeft
	some.add("configmaps.", []string{"x.io/a"})
	some.add("deployments.apps", []string{"x.io/a", "x.io/b"})
	some.add("configmaps.", nil)
	for name, c := range map[string]struct {
		left contentsLeft
		want map[corev1.NamespaceConditionType]string
	}{
		"nothing": {want: map[corev1.NamespaceConditionType]string{}},
		"objects and finalizers": {left: some, want: map[corev1.NamespaceConditionType]string{
			corev1.NamespaceContentRemaining: "SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances, " +
				"deployments.apps has 1 resource instances",
			corev1.NamespaceFinalizersRemaining: "SomeFinalizersRemain: Some content in the namespace has finalizers remaining: " +
				"x.io/a in 2 resource instances, x.io/b in 1 resource instances",
		}},
		"failures": {left: contentsLeft{failures: []error{errors.New("a"), errors.New("b")}}, want: map[corev1.NamespaceConditionType]string{
			corev1.NamespaceDeletionContentFailure: "ContentDeletionFailed: Failed to delete all resource types, 2 remaining: a, b",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[corev1.NamespaceConditionType]string{}
			all := c.left.conditions(nil, metav1.Now())
			for _, condition := range all {
				if condition.Status == corev1.ConditionTrue {
					got[condition.Type] = condition.Reason + ": " + condition.Message
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(all) != 5 {
				t.Errorf("%d conditions, wrong:\n%s", len(all), diff)
			}
		})
	}
}

// The time of a condition is that of its last change, and other people's conditions stay.
func TestConditionsOfANamespaceKeepTheirTimes(t *testing.T) {
	var some contentsLeft
	some.add("pods.", nil)
	first, then := metav1.NewTime(time.Unix(1, 0)), metav1.NewTime(time.Unix(2, 0))
	before := append(some.conditions(nil, first), corev1.NamespaceCondition{Type: "Audited", Status: corev1.ConditionTrue, LastTransitionTime: first})
	got := map[corev1.NamespaceConditionType]int64{}
	for _, c := range new(contentsLeft).conditions(before, then) {
		got[c.Type] = c.LastTransitionTime.Unix()
	}
	want := map[corev1.NamespaceConditionType]int64{
		corev1.NamespaceDeletionDiscoveryFailure: 1, corev1.NamespaceDeletionGVParsingFailure: 1, corev1.NamespaceDeletionContentFailure: 1,
		corev1.NamespaceContentRemaining: 2, corev1.NamespaceFinalizersRemaining: 1, "Audited": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
