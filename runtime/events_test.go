package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const pulled = `Normal Pulled spec.containers{main}: Container image "busybox:1.36" already present on machine and can be accessed by the pod`

func TestTheEventsOfACleanStartAndOfACleanEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.delete("p", -1)
		w.awaitGone("p")
		want := []string{
			"Normal Scheduled : Successfully assigned default/p to podsim",
			pulled,
			"Normal Created spec.containers{main}: Container created", // S15.1
			"Normal Started spec.containers{main}: Container started",
			"Normal Killing spec.containers{main}: Stopping container main",
		}
		if diff := cmp.Diff(want, w.eventsOf("p")); diff != "" {
			w.Errorf("(S15.3):\n%s", diff)
		}
	})
}

func TestTheStopOfEveryContainerIsToldAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(5*time.Second))
		w.up(threeSidecars)
		w.delete("p", -1)
		time.Sleep(time.Second) // the sidecars wait for the main
		for _, c := range []string{"initContainers{s1}", "initContainers{s2}", "initContainers{s3}", "containers{main}"} {
			name := c[strings.Index(c, "{")+1 : len(c)-1]
			w.wantEvent("p", "Normal Killing spec."+c+": Stopping container "+name) // S8.12
		}
	})
}

func TestAStartThatIsRefusedIsToldAfterTheCreation(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run {
			return enginetest.Run{StartError: errors.New(`exec: "nosuch": executable file not found in $PATH`)}
		})
		w.create(oneMain)
		time.Sleep(time.Minute)
		events := w.eventsOf("p")
		want := []string{
			pulled,
			"Normal Created spec.containers{main}: Container created",
			`Warning Failed spec.containers{main}: Error: exec: "nosuch": executable file not found in $PATH`,
		}
		if len(events) < 4 {
			w.Fatalf("only %q", events)
		}
		if diff := cmp.Diff(want, events[1:4]); diff != "" {
			w.Errorf("(S15.4):\n%s", diff)
		}
		if slices.Contains(events, "Normal Started spec.containers{main}: Container started") {
			w.Error("it is told as started (S15.4)")
		}
	})
}

func TestEventsAreForgottenAfterAnHour(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		time.Sleep(50 * time.Minute)
		if events := w.eventsOf("p"); len(events) != 4 {
			w.Errorf("after 50 minutes: %q", events)
		}
		time.Sleep(15 * time.Minute)
		if events := w.eventsOf("p"); len(events) != 0 {
			w.Errorf("after more than an hour: %q", events)
		}
	})
}
