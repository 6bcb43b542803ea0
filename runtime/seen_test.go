package runtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAKeptPodTellsWhenItWasSeen(t *testing.T) {
	seen := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Annotations: map[string]string{"a": "b", "kubernetes.io/config.source": "mine"}}}
	kept := asKept(pod, seen)
	want := map[string]string{"a": "b", "kubernetes.io/config.seen": "2026-01-02T03:04:05.000000006Z", "kubernetes.io/config.source": "api"}
	if diff := cmp.Diff(want, kept.Annotations); diff != "" || kept.Name != "p" {
		t.Errorf("%s: -want +got:\n%s", kept.Name, diff)
	}
	if len(pod.Annotations) != 2 || pod.Annotations["kubernetes.io/config.source"] != "mine" {
		t.Errorf("the pod itself was changed: %v", pod.Annotations)
	}
}
