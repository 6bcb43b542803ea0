package runtime

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const oneShot = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: "busybox:1.36", terminationMessagePolicy: POLICY}
`

func TestWhatAContainerLeavesToSay(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("abcdefghijklmnopqrstuvwxyzabcde\n", n) }
	for _, row := range []struct {
		name, policy string
		run          enginetest.Run
		want         string
	}{
		{"nothing", "File", enginetest.Run{Code: 1, Output: "the log\n"}, ""},
		{"its termination log, as it is (S10.31)", "File", enginetest.Run{Message: " bye\n"}, " bye\n"},
		{"the last 4096 bytes of a long one", "File", enginetest.Run{Code: 1, Message: "x" + lines(128)}, lines(128)},
		{"not its log after a success (S10.32)", "FallbackToLogsOnError", enginetest.Run{Output: "the log\n"}, ""},
		{"its log after a failure", "FallbackToLogsOnError", enginetest.Run{Code: 1, Output: "the log\n"}, "the log\n"},
		{"not its log when it has a termination log", "FallbackToLogsOnError", enginetest.Run{Code: 1, Output: "the log\n", Message: "bye"}, "bye"},
		{"the last 2048 bytes of a long log", "FallbackToLogsOnError", enginetest.Run{Code: 1, Output: "x" + lines(64)}, lines(64)},
		{"the last 80 lines of its log", "FallbackToLogsOnError", enginetest.Run{Code: 1, Output: strings.Repeat("-\n", 81)}, strings.Repeat("-\n", 80)},
		{"nothing when it never ran", "FallbackToLogsOnError", enginetest.Run{Output: "the log\n", StartError: errors.New("no such program")}, "no such program"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", func(int) enginetest.Run { return row.run })
				w.create(strings.Replace(oneShot, "POLICY", row.policy, 1))
				ended := func(pod *corev1.Pod) *corev1.ContainerStateTerminated {
					s := status.Container(pod, "main")
					switch {
					case s == nil:
						return nil
					case s.State.Terminated == nil:
						return s.LastTerminationState.Terminated // of a start that failed
					default:
						return s.State.Terminated
					}
				}
				w.await("p", "ended", func(pod *corev1.Pod) bool { return ended(pod) != nil })
				for _, s := range w.sights("p") {
					if end := ended(s.pod); end != nil && end.Message != row.want {
						t.Errorf("an end was published with the message %q, want %q", end.Message, row.want)
					}
				}
			})
		})
	}
}

// The next node reads again what it finds, whether the pod's sandbox runs or not, or is gone.
func TestWhatAContainerLeftToSaySurvivesTheNode(t *testing.T) {
	for _, row := range []struct {
		name   string
		happen func(w *world)
	}{
		{"while it runs", func(*world) {}},
		{"and its sandbox ends", func(w *world) { _ = w.machine.Kill(w.sandboxes()[0], "KILL") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", func(attempt int) enginetest.Run {
					if attempt == 0 {
						return enginetest.Run{For: time.Second, Code: 1, Message: "first"}
					}
					return enginetest.Run{For: 10 * time.Second, Code: 1, Message: "second"}
				})
				w.create(oneMain)
				w.await("p", "restarted", func(pod *corev1.Pod) bool { return status.Container(pod, "main").RestartCount == 1 })
				time.Sleep(time.Second)
				w.crash()
				time.Sleep(time.Minute) // the second instance ends, and no node looks
				row.happen(w)
				w.boot()
				s := status.Container(w.pod("p"), "main")
				w.await("p", "shown again", func(pod *corev1.Pod) bool {
					s = status.Container(pod, "main")
					return s.LastTerminationState.Terminated != nil
				})
				for s.State.Terminated == nil && s.LastTerminationState.Terminated.Message == "first" {
					t.Fatalf("the second end does not show: %+v", s)
				}
				for _, seen := range w.sights("p") {
					s := status.Container(seen.pod, "main")
					if s == nil {
						continue
					}
					for _, end := range []*corev1.ContainerStateTerminated{s.State.Terminated, s.LastTerminationState.Terminated} {
						if end != nil && end.Message == "" {
							t.Errorf("an end without its message was published: %+v", s)
						}
					}
				}
			})
		})
	}
}

// An engine that fails for a moment costs no message; one that fails for good is named in it, and holds nothing up.
func TestATerminationLogThatCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		name     string
		failures int
		want     string
	}{
		{"for a moment", 2, "bye"},
		{"for good", 100, "Error on reading termination log /dev/termination-log: no luck"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{Message: "bye"} })
				for range row.failures {
					w.machine.FailNext("ContainerStatPath", errors.New("no luck"))
				}
				w.create(strings.Replace(oneShot, "POLICY", "File", 1))
				w.awaitPhase("p", corev1.PodSucceeded)
				if got := status.Container(w.pod("p"), "main").State.Terminated.Message; got != row.want {
					t.Errorf("got %q, want %q", got, row.want)
				}
			})
		})
	}
}

// Of a file that is too large to be fetched, the sandbox is asked for the end.
func TestTheEndOfAnEnormousTerminationLogIsCutOffInTheSandbox(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{Message: strings.Repeat("x", fetchedWhole+1)} })
		w.machine.OnExec(func(asked enginetest.Exec) enginetest.ExecResult {
			if asked.Command[1] == "tail" {
				return enginetest.ExecResult{Stdout: strings.Join(asked.Command[2:], " ")}
			}
			return enginetest.ExecResult{}
		})
		w.create(strings.Replace(oneShot, "POLICY", "File", 1))
		w.awaitPhase("p", corev1.PodSucceeded)
		want := "4096 " + network.MetaDir + "/term/main/0"
		if got := status.Container(w.pod("p"), "main").State.Terminated.Message; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWhatTheRuntimeSaysComesFirst(t *testing.T) {
	for _, row := range [][3]string{{"", "", ""}, {"a", "", "a"}, {"", "b", "b"}, {"a", "b", "a: b"}} {
		if got := joinMessages(row[0], row[1]); got != row[2] {
			t.Errorf("%q and %q make %q, want %q (S10.31)", row[0], row[1], got, row[2])
		}
	}
}

func TestATailBufferKeepsTheEnd(t *testing.T) {
	for _, writes := range []string{"abcdef", "abc def", "a b c d e f", "ab cdef", "abcde f", ""} {
		b := &tailBuffer{limit: 3}
		for _, p := range strings.Split(writes, " ") {
			if n, err := b.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if want := strings.ReplaceAll(writes, " ", ""); string(b.content) != want[max(0, len(want)-3):] {
			t.Errorf("%q leaves %q", writes, b.content)
		}
	}
}
