package hook

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// input is that of a hook of container c in a pod that has no address yet.
func input() Input {
	return Input{
		Pod:       &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: "u1"}},
		Container: &corev1.Container{Name: "c"},
	}
}

func TestCommandFailsUnlessItExitsWithZero(t *testing.T) {
	for name, test := range map[string]struct {
		code           int
		stdout, stderr string
		err            error
		want           string
	}{
		"zero": {0, "out", "err", nil, ""},
		"three": {3, "out\n", "err\n", nil,
			`Exec lifecycle hook ([sh -c $(X)]) for Container "c" in Pod "p_default(u1)" failed - error: ` +
				"command 'sh -c $(X)' exited with 3: err\n" + `, message: "out\nerr\n"`},
		"not run": {0, "", "", errors.New("no such file"),
			`Exec lifecycle hook ([sh -c $(X)]) for Container "c" in Pod "p_default(u1)" failed - error: no such file, message: ""`},
	} {
		t.Run(name, func(t *testing.T) {
			in := input()
			in.Exec = func(_ context.Context, command []string) (int, string, string, error) {
				if len(command) != 3 || command[2] != "$(X)" {
					t.Errorf("ran %q", command)
				}
				return test.code, test.stdout, test.stderr, test.err
			}
			err := Run(t.Context(), &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"sh", "-c", "$(X)"}}}, in)
			if text(err) != test.want {
				t.Errorf("got %q, want %q", text(err), test.want)
			}
			if test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("%v hides its cause", err)
			}
		})
	}
}

func TestSleepTakesItsTime(t *testing.T) { // (S7.11)
	for name, test := range map[string]struct {
		seconds int64
		left    time.Duration // until the context ends
		took    time.Duration
		want    string
	}{
		"no time":   {0, time.Minute, 0, ""},
		"all of it": {5, time.Minute, 5 * time.Second, ""},
		"cut short": {30, 10 * time.Second, 10 * time.Second, `Sleep lifecycle hook (30) for Container "c" in Pod "p_default(u1)" failed - ` +
			"error: container terminated before sleep hook finished"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.left)
				defer cancel()
				begin := time.Now()
				err := Run(ctx, &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: test.seconds}}, input())
				if took := time.Since(begin); text(err) != test.want || took != test.took {
					t.Errorf("got %q after %v, want %q after %v", text(err), took, test.want, test.took)
				}
			})
		})
	}
}

func TestTCPSocketIsNoHandler(t *testing.T) { // (S7.11)
	err := Run(t.Context(), &corev1.LifecycleHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}}, input())
	want := "Cannot run handler: invalid handler: &LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:&TCPSocketAction{Port:{0 80 },Host:,},Sleep:nil,}"
	if text(err) != want {
		t.Errorf("got %q, want %q", text(err), want)
	}
}

// text is an error's text, "" for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
