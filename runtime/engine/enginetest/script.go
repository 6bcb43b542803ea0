package enginetest

import "time"

// Forever is longer than any test.
const Forever time.Duration = -1

// Run is what one instance does. The zero value ends at once with code 0.
type Run struct {
	// For is how long it runs by itself; Forever means until it is signalled.
	For time.Duration
	// Code and OOMKilled are how it ends by itself.
	Code      int
	OOMKilled bool
	// ChildOutOfMemory is when, after the start, one of its processes is killed for want of memory, but not the first; 0 means never.
	ChildOutOfMemory time.Duration
	// Memory is what it uses of it, in bytes.
	Memory int64
	// IgnoresStop: only SIGKILL ends it, with code 137.
	IgnoresStop bool
	// StopTakes is how long it takes to end after a stop signal, with StopCode.
	StopTakes time.Duration
	StopCode  int
	// Output is what it prints, all of it at its start.
	Output string
	// Message is what it writes into its termination log, all of it at its end.
	Message string
	// StartError, if not nil, is why the engine cannot start it.
	StartError error
}

// Script tells what the instances of a container do, by the container's name in its pod; attempts count from 0. The function must not
// call the engine. Containers without a script run for ever and stop at once with code 0.
func (e *Engine) Script(container string, run func(attempt int) Run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scripts[container] = run
}

// run is what the container's next start does. The caller holds the lock.
func (e *Engine) run(c *fakeContainer) Run {
	if c.isHelper() {
		return e.help(c)
	}
	if script := e.scripts[c.container]; script != nil {
		return script(c.attempt)
	}
	return Run{For: Forever}
}
