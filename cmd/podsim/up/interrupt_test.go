package up

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/podspec/manifest"
)

// signalled is a channel on which the signals have come already.
func signalled(came ...os.Signal) chan os.Signal {
	signals := make(chan os.Signal, len(came))
	for _, s := range came {
		signals <- s
	}
	return signals
}

func TestAnInterruptedStepHasTheExitCodeOfItsSignal(t *testing.T) {
	other := errors.New("no such image")
	for _, c := range []struct {
		name   string
		signal os.Signal
		err    error
		code   int
		text   string
	}{
		{"broken off by Ctrl-C", syscall.SIGINT, context.Canceled, 130, "error: interrupted\n"},
		{"done in spite of Ctrl-C", syscall.SIGINT, nil, 130, "error: interrupted\n"},
		{"broken off by a service manager", syscall.SIGTERM, context.Canceled, 143, "error: interrupted\n"},
		{"failed for another reason", syscall.SIGINT, other, 1, "error: no such image\n"},
	} {
		ctx, done := interruptible(t.Context(), signalled(c.signal))
		<-ctx.Done()
		done()
		if code, text := exit.Report(interruption(ctx, c.err)); code != c.code || text != c.text {
			t.Errorf("%s: exit %d %q, want %d %q", c.name, code, text, c.code, c.text)
		}
	}
	ctx, done := interruptible(t.Context(), signalled())
	done()
	if err := interruption(ctx, nil); err != nil {
		t.Errorf("no signal: %v", err)
	}
}

// runOf is a run of pods of which c has been told.
func runOf(t *testing.T, c *creation) *run {
	r := newRun(c.connection, progress.Nothing{}, c.pods)
	ctx, stop := context.WithCancel(t.Context())
	join := r.follow(ctx, false)
	t.Cleanup(func() { stop(); join() })
	return r
}

// stubbornAPI keeps pods whatever is asked.
func stubbornAPI() *fake.Clientset {
	api := fake.NewClientset()
	api.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	return api
}

func TestAnUpThatWasInterruptedNeverSucceeds(t *testing.T) {
	for _, c := range []struct {
		name    string
		api     *fake.Clientset
		signals []os.Signal
		failed  bool
		code    int
		text    string
	}{
		{"once", fake.NewClientset(), []os.Signal{syscall.SIGINT}, false, 130, ""},
		{"once, by a service manager", fake.NewClientset(), []os.Signal{syscall.SIGTERM}, false, 143, ""},
		{"once, and the pod had failed", fake.NewClientset(), []os.Signal{syscall.SIGINT}, true, 130, "error: pod \"web\" failed\n"},
		{"until it gives up", stubbornAPI(), []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGINT}, false, 130,
			"error: interrupted before everything was removed; end the rest with: podsim down web\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			created, err := create(t.Context(), connectionTo(c.api, false), &manifest.Contents{Pods: []*corev1.Pod{podNamed("web")}})
			if err != nil {
				t.Fatal(err)
			}
			r := runOf(t, created)
			r.pods[0].failed = c.failed
			if code, text := exit.Report(watchOver(t.Context(), r, created, signalled(c.signals...), func() {})); code != c.code || text != c.text {
				t.Errorf("exit %d %q, want %d %q", code, text, c.code, c.text)
			}
		})
	}
}

func TestTheUndoOfAFailedUpCanBeInterrupted(t *testing.T) {
	c, err := create(t.Context(), connectionTo(stubbornAPI(), false), &manifest.Contents{Pods: []*corev1.Pod{podNamed("web")}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := interruptible(t.Context(), signalled(syscall.SIGINT))
	defer done()
	const want = "error: interrupted before everything was removed again; end the rest with: podsim down web\n"
	if code, text := exit.Report(c.undo(ctx)); code != 130 || text != want {
		t.Errorf("exit %d %q, want 130 %q", code, text, want)
	}
}
