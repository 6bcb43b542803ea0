package client

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/manifest"
)

func TestWarningsAreShownOnceAndNotAgainToWhoHasReadThem(t *testing.T) {
	const anothers = "spec.containers[0].env[1]: hides previous definition of \"A\""
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}, ImagePullSecrets: []corev1.LocalObjectReference{{}}},
	}
	known := manifest.ServerWarnings(pod)
	if len(known) == 0 {
		t.Fatal("the pod has no warning")
	}
	var out strings.Builder
	var connection Connection
	shown := newWarnings(&out, &connection.readWarnings)
	connection.HasReadWarnings(pod)
	for _, text := range []string{known[0].Text, anothers, anothers} {
		shown.HandleWarningHeader(299, "", text)
	}
	if want := "Warning: " + anothers + "\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
