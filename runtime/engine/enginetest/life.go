package enginetest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/volumes"
)

// codeKilled is the exit code of what SIGKILL ended.
const codeKilled = 137

// life is the state of a container's process.
type life struct {
	run               Run
	started, finished time.Time
	exitCode          int
	oomKilled         bool
	outOfMemory       bool // a child was killed for want of memory
	startError        string
	stopping          bool // a stop signal came
	frozen            bool
	exited            chan struct{} // closed at the end
	removed           chan struct{} // closed when the container is removed
}

func newLife() life { return life{exited: make(chan struct{}), removed: make(chan struct{})} }

func (l *life) running() bool { return !l.started.IsZero() && l.finished.IsZero() }

func (l *life) status() container.ContainerState {
	switch {
	case l.running() && l.frozen:
		return container.StatePaused
	case l.running():
		return container.StateRunning
	case l.started.IsZero():
		return container.StateCreated
	default:
		return container.StateExited
	}
}

func (l *life) state() *container.State {
	return &container.State{
		Status: l.status(), Running: l.running(), Paused: l.running() && l.frozen, OOMKilled: l.oomKilled, ExitCode: l.exitCode, Error: l.startError,
		StartedAt: engineTime(l.started), FinishedAt: engineTime(l.finished),
	}
}

// ContainerStart starts a container, once.
func (c *Client) ContainerStart(ctx context.Context, id string, _ container.StartOptions) error {
	if err := c.enter(ctx, "ContainerStart", id); err != nil {
		return err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return err
	}
	if found.running() {
		return nil
	}
	if !found.finished.IsZero() {
		return fmt.Errorf("container %s was started before: %w", id, errdefs.ErrNotImplemented)
	}
	if joined := found.joined(); joined != "" {
		if sandbox, err := e.find(joined); err != nil || !sandbox.running() {
			found.startError, found.exitCode = "cannot join network of a non running container: "+joined, 128
			return fmt.Errorf("%s: %w", found.startError, errdefs.ErrConflict)
		}
	}
	found.run = e.run(found)
	if err := found.run.StartError; err != nil {
		found.startError, found.exitCode = err.Error(), 127
		return err
	}
	found.started = time.Now()
	e.record(found, Started, "")
	e.emit(found, events.ActionStart)
	if after := found.run.ChildOutOfMemory; after > 0 {
		time.AfterFunc(after, func() { e.runOutOfMemory(found) })
	}
	if found.run.For != Forever {
		time.AfterFunc(found.run.For, func() { e.end(found, found.run.Code, found.run.OOMKilled) })
	}
	return e.answer("ContainerStart")
}

// end is exit for a caller that does not hold the lock.
func (e *Engine) end(c *fakeContainer, code int, oomKilled bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exit(c, code, oomKilled)
}

// runOutOfMemory kills a child of a container's process: the engine tells of it at once, and at the container's end.
func (e *Engine) runOutOfMemory(c *fakeContainer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.running() {
		c.outOfMemory = true
		e.emit(c, events.ActionOOM)
	}
}

// exit ends a container's process if it runs. The caller holds the lock.
func (e *Engine) exit(c *fakeContainer, code int, oomKilled bool) {
	if !c.running() {
		return
	}
	c.finished, c.exitCode, c.oomKilled = time.Now(), code, oomKilled || c.outOfMemory
	e.writeMessage(c)
	e.dropMemory()
	e.record(c, Exited, strconv.Itoa(code))
	if oomKilled {
		e.emit(c, events.ActionOOM)
	}
	e.emit(c, events.ActionDie)
	close(c.exited)
}

// writeMessage writes a container's termination log, as the pod's sandbox has it. The caller holds the lock.
func (e *Engine) writeMessage(c *fakeContainer) {
	sandbox := e.containers[c.joined()]
	if c.run.Message == "" || sandbox == nil {
		return
	}
	files, key := e.place(sandbox, network.MetaDir+"/"+volumes.TerminationLog(c.container, c.attempt))
	files[key] = fakeFile{[]byte(c.run.Message), time.Now()}
}

// PowerOff ends everything that runs, as when the machine loses its power.
func (e *Engine) PowerOff() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		e.exit(c, codeKilled, false)
	}
}

// ContainerKill sends a signal: KILL ends the container, any other is a stop signal, which counts once.
func (c *Client) ContainerKill(ctx context.Context, id, signal string) error {
	if err := c.enter(ctx, "ContainerKill", id); err != nil {
		return err
	}
	return c.machine.answered("ContainerKill", func() error { return c.machine.Kill(id, signal) })
}

// Kill sends a signal, as somebody beside the node may do.
func (e *Engine) Kill(id, signal string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return err
	}
	if !found.running() {
		return fmt.Errorf("cannot kill container: %s: container is not running: %w", id, errdefs.ErrConflict)
	}
	signal = strings.TrimPrefix(signal, "SIG")
	e.record(found, Signalled, signal)
	found.frozen = false // as an engine does
	e.emit(found, events.ActionKill)
	switch run := found.run; {
	case signal == "KILL":
		e.exit(found, codeKilled, false)
	case run.IgnoresStop || found.stopping:
	case run.StopTakes > 0:
		found.stopping = true
		time.AfterFunc(run.StopTakes, func() { e.end(found, run.StopCode, false) })
	default:
		e.exit(found, run.StopCode, false)
	}
	return nil
}

// ContainerWait tells when a container is not running any more or, with WaitConditionNextExit, has run and ended.
func (c *Client) ContainerWait(ctx context.Context, id string, condition container.WaitCondition) (<-chan container.WaitResponse, <-chan error) {
	results, errs := make(chan container.WaitResponse, 1), make(chan error, 1)
	if err := c.enter(ctx, "ContainerWait", id); err != nil {
		errs <- err
		return results, errs
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		errs <- err
		return results, errs
	}
	if condition != container.WaitConditionNextExit && !found.running() {
		results <- container.WaitResponse{StatusCode: int64(found.exitCode)}
		return results, errs
	}
	go func() {
		select {
		case <-found.exited:
			results <- container.WaitResponse{StatusCode: int64(found.exitCode)}
		case <-found.removed:
			errs <- fmt.Errorf("no such container: %s: %w", id, errdefs.ErrNotFound)
		case <-ctx.Done():
			errs <- ctx.Err()
		case <-c.dead:
			errs <- ErrConnection
		}
	}()
	return results, errs
}
