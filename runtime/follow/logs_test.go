package follow

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// container is a LogSource whose instances are named by letters: their ids in order, the last one the newest.
type container struct {
	instances string
	logs      map[string][]string // instance -> what each opening of its log reads; the last is used ever after
	onOpen    func(c *container)  // happens right before the next opening
	gone      bool
	ended     string // instances that have ended: those whose log was read to its end once
}

func (c *container) Open(_ context.Context, previous bool, _ time.Time) (io.ReadCloser, error) {
	if happens := c.onOpen; happens != nil {
		c.onOpen = nil
		happens(c)
	}
	at := len(c.instances) - 1
	if previous {
		at--
	}
	id := c.instances[at : at+1]
	text := c.logs[id][0]
	if len(c.logs[id]) > 1 {
		c.logs[id] = c.logs[id][1:]
	}
	if text == "<gone>" {
		c.gone = true
		return nil, errNoPod
	}
	text = stamped(text)
	if before, broken := strings.CutSuffix(text, "<broken>"); broken {
		return io.NopCloser(io.MultiReader(strings.NewReader(before), brokenReader{})), nil
	}
	return io.NopCloser(io.MultiReader(strings.NewReader(text), endOf{c, id})), nil
}

// stamped puts a time before each line, ten milliseconds after that of the line before.
func stamped(text string) string {
	var lines strings.Builder
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for line := range strings.Lines(text) {
		lines.WriteString(at.Format(time.RFC3339Nano) + " " + line)
		at = at.Add(10 * time.Millisecond)
	}
	return lines.String()
}

// endOf is the end of an instance's log.
type endOf struct {
	container *container
	instance  string
}

func (e endOf) Read([]byte) (int, error) {
	e.container.ended += e.instance
	return 0, io.EOF
}

func (c *container) Status(context.Context) (*corev1.ContainerStatus, error) {
	if c.gone {
		return nil, errNoPod
	}
	status := running(c.instances)
	if strings.Contains(c.ended, status.ContainerID) {
		status.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: status.ContainerID}}
	}
	return status, nil
}

var errNoPod = apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "web")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// running is the status of a container whose newest instance runs.
func running(instances string) *corev1.ContainerStatus {
	status := &corev1.ContainerStatus{ContainerID: instances[len(instances)-1:], State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	if len(instances) > 1 {
		status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ContainerID: instances[len(instances)-2 : len(instances)-1]}
	}
	return status
}

func TestLogsAreReadWholeAcrossRestarts(t *testing.T) {
	becomes := func(instances string) func(*container) {
		return func(c *container) { c.instances = instances }
	}
	goes := func(c *container) { c.gone = true }
	for _, c := range []struct {
		name   string
		now    string   // instances at the time of reading
		seen   []string // instances at each status that comes in
		logs   map[string][]string
		onOpen func(*container)
		want   []string
		notes  int
	}{
		{"one instance", "a", []string{"a", "a"}, map[string][]string{"a": {"1\n2\n"}}, nil, []string{"1", "2"}, 0},
		{"a last line without newline", "a", []string{"a"}, map[string][]string{"a": {"1\n2"}}, nil, []string{"1", "2"}, 0},
		{"empty lines stay", "a", []string{"a"}, map[string][]string{"a": {"\n\n"}}, nil, []string{"", ""}, 0},
		{"a restart that came before the reading", "ab", []string{"a", "ab"}, map[string][]string{"a": {"1\n"}, "b": {"2\n"}}, nil, []string{"1", "2"}, 0},
		{"an instance known from lastState only", "ab", []string{"ab"}, map[string][]string{"a": {"1\n"}, "b": {"2\n"}}, nil, []string{"1", "2"}, 0},
		{"a restart between the status and the opening", "a", []string{"a", "ab"}, map[string][]string{"a": {"1\n"}, "b": {"2\n"}}, becomes("ab"), []string{"1", "2"}, 0},
		{"two restarts at once lose an instance and say so", "abc", []string{"a", "abc"}, map[string][]string{"a": {"1\n"}, "b": {"2\n"}, "c": {"3\n"}}, nil, []string{"2", "3"}, 1},
		{"a broken stream goes on where it broke", "a", []string{"a"}, map[string][]string{"a": {"1\n2\nhal<broken>", "1\n2\nhalf\n3\n"}}, nil, []string{"1", "2", "half", "3"}, 0},
		{"a last line that the engine dropped while following", "a", []string{"a"}, map[string][]string{"a": {"1\n", "1\n2"}}, nil, []string{"1", "2"}, 0},
		{"a pod that goes while its log is read", "a", []string{"a"}, map[string][]string{"a": {"1\n"}}, goes, []string{"1"}, 0},
		{"a pod that goes while its log is read again", "a", []string{"a"}, map[string][]string{"a": {"1\n", "<broken>", "<gone>"}}, nil, []string{"1"}, 0},
		{"a pod that goes before its log has ended", "a", []string{"a"}, map[string][]string{"a": {"1\n<broken>", "<gone>"}}, nil, []string{"1"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got, notes []string
			logs := NewLogs(&container{instances: c.now, logs: c.logs, onOpen: c.onOpen},
				func(line []byte) { got = append(got, string(line)) },
				func(text string) { notes = append(notes, text) })
			for _, instances := range c.seen {
				logs.Seen(running(instances))
			}
			logs.End()
			logs.Run(t.Context())
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if len(notes) != c.notes {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}

func TestAWaitingContainerHasNoNewInstance(t *testing.T) {
	logs := NewLogs(nil, nil, nil)
	logs.Seen(&corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}})
	if len(logs.queue) != 0 {
		t.Errorf("instances %q", logs.queue)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("over"))
	NewLogs(nil, nil, nil).Run(ctx)
}
