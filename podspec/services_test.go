package podspec_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
)

func TestAServiceStandsForThePodsWithItsLabels(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Labels: map[string]string{"app": "web", "tier": "front"}}}
	cases := []struct {
		name, namespace string
		selector        map[string]string
		want            bool
	}{
		{"all labels", "ns", map[string]string{"app": "web", "tier": "front"}, true},
		{"some of them", "ns", map[string]string{"app": "web"}, true},
		{"another value", "ns", map[string]string{"app": "db"}, false},
		{"one more label", "ns", map[string]string{"app": "web", "zone": "a"}, false},
		{"another namespace", "other", map[string]string{"app": "web"}, false},
		{"no selector", "ns", nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace}, Spec: corev1.ServiceSpec{Selector: c.selector}}
			if got := podspec.Selects(service, pod); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
