package enginetest

import (
	"fmt"
	"slices"
	"time"
)

// Action is what happened to a container.
type Action string

// The actions of a Step.
const (
	Created   Action = "created"
	Started   Action = "started"
	Signalled Action = "signalled"
	Exited    Action = "exited"
	Frozen    Action = "frozen"
	Thawed    Action = "thawed"
	Removed   Action = "removed"
	// Filled: files were unpacked into it at Step.Detail.
	Filled Action = "filled"
	// Executed: a command was begun in it that takes Step.Takes; Step.Detail is the command and how it will end, as "check it: 1". What
	// the agent is asked to do in a sandbox is left out.
	Executed Action = "executed"
	// ExecKilled: the command at Step.Detail was sent SIGKILL.
	ExecKilled Action = "exec killed"
	// Dialled: a sandbox was connected to, or sent an HTTP request, and takes Step.Takes to answer; Step.Detail is where and how it
	// answers, as "80: accepted" and "80/path: 200".
	Dialled Action = "dialled"
)

// Step is one thing that happened on the engine.
type Step struct {
	At     time.Time
	Action Action
	ID     string
	// Pod and Container are names by the labels; a sandbox's Container is POD.
	Pod, Container string
	Attempt        int
	// Sandbox is the id of the sandbox whose network the container joined, "" for one with a network of its own.
	Sandbox string
	// Image is what the container was made from, as its creation named it.
	Image string
	// Detail is the signal, the exit code, the path, or the question and its answer.
	Detail string
	// Takes is how long a command runs or an answer takes; Forever is until the container's end.
	Takes time.Duration
}

// String says what happened to whom, such as "exited main 0: 137".
func (s Step) String() string {
	text := fmt.Sprintf("%s %s %d", s.Action, s.Container, s.Attempt)
	if s.Detail != "" {
		text += ": " + s.Detail
	}
	switch {
	case s.Takes == Forever:
		text += " never"
	case s.Takes > 0:
		text += fmt.Sprintf(" after %v", s.Takes)
	}
	return text
}

// History is everything that has happened so far, in order.
func (e *Engine) History() []Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.history)
}

// HistorySince is what happened after the first n steps, in order.
func (e *Engine) HistorySince(n int) []Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.history[n:])
}

// record adds a step to the history. The caller holds the lock.
func (e *Engine) record(c *fakeContainer, action Action, detail string) {
	e.recordLasting(c, action, detail, 0)
}

// recordLasting is record for a step that takes a while.
func (e *Engine) recordLasting(c *fakeContainer, action Action, detail string, takes time.Duration) {
	e.history = append(e.history, Step{At: time.Now(), Action: action, ID: c.id, Pod: c.pod, Container: c.container, Attempt: c.attempt,
		Sandbox: c.joined(), Image: c.config.Image, Detail: detail, Takes: takes})
}
