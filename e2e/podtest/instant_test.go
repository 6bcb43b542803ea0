package podtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

var told = []moment{
	{text: "created"},
	{container: "app", text: "Normal Pulled: Container image \"busybox:1.36\" already present"},
	{container: "app", text: "running"},
	{container: "app", text: "Normal Started: Container started"},
	{container: "app", text: "ready"},
	{container: "peer", text: "waiting: CrashLoopBackOff"},
	{container: "app", text: "not ready"},
	{container: "app", text: "ready"},
	{container: "app", text: "ended with 0 (Completed)", end: &corev1.ContainerStateTerminated{}},
	{text: "phase Succeeded"},
}

func at(i int) time.Time { return time.Unix(int64(i), 0) }

func moments() []moment {
	list := append([]moment(nil), told...)
	for i := range list {
		list[i].at = at(i)
	}
	return list
}

func TestAContainerIsKilledWheneverSomethingHappensWhileItRuns(t *testing.T) {
	var got []string
	for _, i := range instantsOf(moments(), "app") {
		got = append(got, i.String())
		found, ok := i.in(moments())
		if !ok || labelOf(found) != i.label {
			t.Errorf("%s is not found again", i)
		}
	}
	want := []string{"app running", "app Started", "app ready", "peer waiting: CrashLoopBackOff", "app not ready", "app ready 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := instantsOf(moments(), "nobody"); got != nil {
		t.Errorf("of a container that never runs: %v", got)
	}
}

func TestRandomMomentsAreThoseOfTheSeed(t *testing.T) {
	one, again, other := randomInstants(moments(), "app", 3, 1), randomInstants(moments(), "app", 3, 1), randomInstants(moments(), "app", 3, 2)
	if diff := cmp.Diff(one, again, cmp.AllowUnexported(instant{}, randomInstant{})); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(one, other, cmp.AllowUnexported(instant{}, randomInstant{})) {
		t.Error("another seed gives the same moments")
	}
	for _, i := range one {
		if after := i.random.after(); after < 0 || after > 7*time.Second {
			t.Errorf("%s is outside of the container's life", i)
		}
	}
	if got := one[2].String(); got != "random 3 of seed 1" {
		t.Errorf("the third is named %s", got)
	}
}

func TestNamesOfMomentsAreRegularExpressionsOfThemselves(t *testing.T) {
	ended := moment{container: "peer", text: "ended with 137 (OOMKilled): too much", end: &corev1.ContainerStateTerminated{}}
	if got := labelOf(ended); got != "peer ended with 137 OOMKilled" {
		t.Errorf("got %q", got)
	}
}

func TestAnExplorationThatKillsNobodyShowsNothing(t *testing.T) {
	killed, unkilled := &outcome{at: instant{label: "app ready"}}, &outcome{at: instant{label: "app ended"}, unkilled: "the moment never came"}
	s := Scenario{Kill: "app"}
	for _, outcomes := range [][]*outcome{nil, {nil, nil}, {killed}, {unkilled, killed}, {nil, killed}} {
		if err := s.killedAny(outcomes); err != nil {
			t.Errorf("%v: %v", outcomes, err)
		}
	}
	if err := s.killedAny([]*outcome{nil, unkilled}); err == nil || !strings.HasSuffix(err.Error(), "\nat \"app ended\": the moment never came") {
		t.Errorf("got %v", err)
	}
}

func TestATrialThatFailsDoesNotFailTheTestAndCleansUp(t *testing.T) {
	var calls []string
	own := newRehearsal(t, "trial")
	own.run(func() {
		own.Cleanup(func() { calls = append(calls, "first") })
		own.Cleanup(func() {
			calls = append(calls, "second")
			own.Fatalf("cleaning up: %w", context.Canceled)
		})
		own.Fatalf("no way")
		calls = append(calls, "after the end")
	})
	if got := strings.Join(calls, " "); got != "second first" {
		t.Errorf("called %s", got)
	}
	if err := own.err(); err == nil || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "no way") {
		t.Errorf("failed with %v", err)
	}
	if own.Context().Err() == nil || own.Name() != t.Name()+"/trial" {
		t.Errorf("context %v, name %s", own.Context().Err(), own.Name())
	}
}

func TestFaultsNeedAnEngine(t *testing.T) {
	pod := &Pod{space: &space{}}
	for _, do := range []func(context.Context) error{pod.CutNetworkContext, pod.RestoreNetworkContext, (&Container{pod: pod, name: "app"}).KillContext} {
		var needs *NeedsEngineError
		if err := do(t.Context()); !errors.As(err, &needs) {
			t.Errorf("on a cluster: %v", err)
		}
	}
}
