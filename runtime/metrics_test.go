package runtime

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

func TestMetricsAreTheUseSinceTheRequestBefore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: time.Hour, Memory: 3 << 20} })
		w.up(oneMain)
		for _, window := range []time.Duration{time.Second, 20 * time.Second} { // at first there is no request before
			got, err := w.node.Metrics(w.Context(), []*corev1.Pod{w.pod("p")})
			if err != nil || len(got) != 1 || len(got[0].Containers) != 1 {
				t.Fatalf("got %+v, %v", got, err)
			}
			c := got[0].Containers[0]
			if c.Name != "main" || c.Usage.Cpu().MilliValue() != 1000 || c.Usage.Memory().Value() != 3<<20 || got[0].Window.Duration != window {
				t.Errorf("%s used %s and %s in %v, not one processor in %v", c.Name, c.Usage.Cpu(), c.Usage.Memory(), got[0].Window, window)
			}
			time.Sleep(20 * time.Second)
		}
	})
}

func TestAPodThatDoesNotRunHasNoMetrics(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 0))
		w.up(oneMain)
		if got, err := w.node.Metrics(w.Context(), []*corev1.Pod{w.pod("p")}); err != nil || len(got) != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
