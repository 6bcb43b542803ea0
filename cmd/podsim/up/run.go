package up

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/runtime/follow"
	"github.com/podsim/podsim/runtime/podstate"
)

// run watches over the pods of one up. All its state belongs to the goroutine that calls until; the goroutines that read
// from the node hand it what they read as functions to call.
type run struct {
	connection *client.Connection
	display    progress.Display
	pods       []*watched
	messages   chan func()
	readLog    func(w *watched, container string) // starts to read a container's log; nil when nobody wants the logs
	lines      int                                // log lines shown
	err        error                              // why the pods can no longer be watched
}

// watched is one pod as it was seen last.
type watched struct {
	pod  *corev1.Pod
	gone bool
	// failed is true when the pod failed by itself, that is before anybody asked for its end.
	failed bool
	// starting is what the node is at in the pod's start.
	starting podstate.Starting
	// reading is the number of container logs that are not read to their end.
	reading int
	logs    map[string]*follow.Logs
}

// newRun watches pods; follow starts it.
func newRun(connection *client.Connection, display progress.Display, pods []*corev1.Pod) *run {
	r := &run{connection: connection, display: display, messages: make(chan func(), 256)}
	for _, pod := range pods {
		r.pods = append(r.pods, &watched{pod: pod, logs: map[string]*follow.Logs{}})
	}
	return r
}

// follow starts to read the states and events of all pods, and their logs on request. The goroutines end with ctx; the
// caller waits for them with the returned function.
func (r *run) follow(ctx context.Context, withLogs bool) (join func()) {
	var readers sync.WaitGroup
	core := r.connection.Client.CoreV1()
	if withLogs {
		r.readLog = func(w *watched, container string) { r.followLog(ctx, w, container, &readers) }
	}
	for _, w := range r.pods {
		pod := w.pod
		r.readLogs(w)
		readers.Go(func() {
			err := follow.Pod(ctx, core, pod, r.connection.Reconnect, func(pod *corev1.Pod) bool {
				r.send(ctx, func() { r.state(w, pod) })
				return false
			})
			r.send(ctx, func() { r.end(w, err) })
		})
		readers.Go(func() {
			// When this ends early, the reading of the pod's states ends for the same reason and tells of it.
			_ = follow.Events(ctx, core, pod, r.connection.Reconnect, func(event *corev1.Event) {
				r.send(ctx, func() { r.event(w, event) })
			})
		})
	}
	return readers.Wait
}

// readLogs starts to read the logs of the pod's containers that are not read yet: of all at first, then of ephemeral ones as they come.
func (r *run) readLogs(w *watched) {
	if r.readLog == nil {
		return
	}
	names := podstate.ContainerNames(w.pod)
	for _, c := range w.pod.Spec.EphemeralContainers {
		names = append(names, c.Name)
	}
	for _, name := range names {
		if w.logs[name] == nil {
			r.readLog(w, name)
		}
	}
}

func (r *run) followLog(ctx context.Context, w *watched, container string, readers *sync.WaitGroup) {
	pod := w.pod
	logs := follow.NewLogs(
		follow.ContainerLog{Client: r.connection.Client.CoreV1(), Pod: pod, Container: container},
		func(line []byte) {
			line = append([]byte(nil), line...)
			r.send(ctx, func() {
				r.lines++
				r.display.Log(pod, container, line)
			})
		},
		func(text string) { r.send(ctx, func() { r.display.Note(pod, container+": "+text) }) },
	)
	w.logs[container] = logs
	w.reading++
	readers.Go(func() {
		logs.Run(ctx)
		r.send(ctx, func() { w.reading-- })
	})
}

func (r *run) send(ctx context.Context, message func()) {
	select {
	case r.messages <- message:
	case <-ctx.Done():
	}
}

// state takes in a state of a pod.
func (r *run) state(w *watched, pod *corev1.Pod) {
	w.pod = pod
	if pod.Status.Phase == corev1.PodFailed && pod.DeletionTimestamp == nil {
		w.failed = true
	}
	r.display.Pod(pod)
	r.readLogs(w)
	for _, status := range podstate.AllStatuses(pod) {
		if logs := w.logs[status.Name]; logs != nil {
			logs.Seen(&status)
		}
	}
	if podstate.Terminal(pod) {
		w.endLogs()
	}
}

// event takes in an event of a pod.
func (r *run) event(w *watched, event *corev1.Event) {
	r.display.Event(w.pod, event)
	w.starting.Heed(event)
}

// end takes in that a pod is gone or, with an error, that it cannot be watched any more.
func (r *run) end(w *watched, err error) {
	if err != nil {
		r.err = fmt.Errorf("watching pod %q: %w", w.pod.Name, err)
		return
	}
	w.gone = true
	w.endLogs()
	r.display.Note(w.pod, "deleted")
}

// endLogs says that no further instance of a container will come.
func (w *watched) endLogs() {
	for _, logs := range w.logs {
		logs.End()
	}
}

// over tells whether the pod has ended or is gone, and its logs are read to their end.
func (w *watched) over() bool { return (w.gone || podstate.Terminal(w.pod)) && w.reading == 0 }

// all tells whether is holds for every pod.
func (r *run) all(is func(*watched) bool) bool {
	for _, w := range r.pods {
		if !is(w) {
			return false
		}
	}
	return true
}

// noteLeft shows a note about every pod that is still there.
func (r *run) noteLeft(text string) {
	for _, pod := range r.left() {
		r.display.Note(pod, text)
	}
}

// silence shows nothing any more.
func (r *run) silence() {
	_ = r.display.Close() // whoever silences the display has an error to tell already
	r.display = progress.Nothing{}
}

// left are the pods that are still there.
func (r *run) left() []*corev1.Pod {
	var pods []*corev1.Pod
	for _, w := range r.pods {
		if !w.gone {
			pods = append(pods, w.pod)
		}
	}
	return pods
}

// errOutput is wrapped by until's error when the output cannot be written.
var errOutput = errors.New("writing the output")

// until takes in what happens until done holds. It returns the error of interruptedBy on a signal, and an error when the output
// cannot be written, when ctx ends, when the node of this process ends or when no node can be reached any more.
func (r *run) until(ctx context.Context, signals <-chan os.Signal, done func() bool) error {
	for {
		if r.err != nil {
			return r.err
		}
		finished := done()
		if finished || len(r.messages) == 0 {
			if err := r.display.Flush(); err != nil {
				return fmt.Errorf("%w: %w", errOutput, err)
			}
		}
		if finished {
			return nil
		}
		select {
		case message := <-r.messages:
			message()
		case p := <-r.connection.Pulls():
			r.display.Pull(p)
		case s := <-signals:
			return interruptedBy(s)
		case <-r.connection.NodeEnded():
			return r.connection.NodeError()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
