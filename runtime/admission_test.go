package runtime

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

func TestAPodWithAnUnsafeSysctlIsRejected(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(strings.Replace(oneMain, "spec:", "spec:\n  securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}", 1))
		w.awaitPhase("p", corev1.PodFailed)
		pod := w.pod("p")
		got := []string{pod.Status.Reason, pod.Status.Message}
		if diff := cmp.Diff([]string{"SysctlForbidden", `Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted`}, got); diff != "" {
			t.Errorf("(S12.20):\n%s", diff)
		}
		if len(pod.Status.ContainerStatuses) > 0 || len(pod.Status.Conditions) != 1 || pod.Status.StartTime == nil {
			t.Errorf("its status: %+v", pod.Status)
		}
		w.wantEvent("p", `Warning SysctlForbidden : forbidden sysctl: "kernel.msgmax" not allowlisted`)
		for _, s := range w.machine.History() {
			if s.Action == enginetest.Started {
				t.Errorf("%s was started", s.Container)
			}
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}
