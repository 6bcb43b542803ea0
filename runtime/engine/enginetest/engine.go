// Package enginetest is a Docker Engine in memory for tests of the node. It has no processes: what a container does is told by a
// Script, and time passes as the test's clock does, so that inside a testing/synctest bubble a back-off of five minutes takes no time
// at all. Everything that happens is kept as a history of Steps, which a test reads afterwards.
//
//	synctest.Test(t, func(t *testing.T) {
//		machine := enginetest.New()
//		machine.AddImage("busybox:1.36", enginetest.Image{})
//		machine.Script("main", func(attempt int) enginetest.Run { return enginetest.Run{For: time.Second, Code: 1} })
//		node := runtime.NewNode(machine.Connect(), options)
//		...
//	})
//
// The Engine is the machine; each node gets a Client of its own, which can be cut off as the connection of a process that was killed.
// An Engine and its Clients must be made inside the bubble that uses them. They are safe for concurrent use.
package enginetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/podsim/podsim/runtime/engine"
)

// Engine is one machine with an engine on it.
type Engine struct {
	mu         sync.Mutex // held briefly, never while anything waits
	serial     int
	containers map[string]*fakeContainer // by id
	volumes    map[string]*fakeVolume    // by name
	networks   map[string]*network.Summary
	images     map[string]Image // by normalized reference
	registry   map[string]Pull  // by normalized reference
	execs      map[string]*fakeExec
	scripts    map[string]func(attempt int) Run
	onExec     func(Exec) ExecResult
	onDial     func(Request) Answer
	intercepts []func(context.Context, Call) error
	losses     map[string]error // answers that will get lost, by method
	watchers   map[*watcher]bool
	history    []Step
	wires      map[string]string // by sandbox
	cgroups    string            // their version
}

// New returns an engine with nothing on it.
func New() *Engine {
	return &Engine{
		containers: map[string]*fakeContainer{},
		volumes:    map[string]*fakeVolume{},
		networks:   map[string]*network.Summary{},
		images:     map[string]Image{},
		registry:   map[string]Pull{},
		execs:      map[string]*fakeExec{},
		losses:     map[string]error{},
		scripts:    map[string]func(int) Run{},
		watchers:   map[*watcher]bool{},
		wires:      map[string]string{},
		cgroups:    "2",
	}
}

// nextID makes an id as the engine has them. The caller holds the lock.
func (e *Engine) nextID() string {
	e.serial++
	return fmt.Sprintf("%064x", e.serial)
}

// Client is one connection to an Engine.
type Client struct {
	machine *Engine
	once    sync.Once
	dead    chan struct{}
}

var _ engine.Engine = (*Client)(nil)

// Connect opens a connection.
func (e *Engine) Connect() *Client { return &Client{machine: e, dead: make(chan struct{})} }

// Cut breaks the connection for good: every call fails from now on and changes nothing, as if the process at its end had been killed.
func (c *Client) Cut() { c.once.Do(func() { close(c.dead) }) }

// Dead is closed once the connection was cut.
func (c *Client) Dead() <-chan struct{} { return c.dead }

// Close does what Cut does.
func (c *Client) Close() error {
	c.Cut()
	return nil
}

// Left lists what is on the engine beside images: containers, volumes and networks by name, sorted.
func (e *Engine) Left() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var left []string
	for _, c := range e.containers {
		left = append(left, "container "+c.name)
	}
	for name := range e.volumes {
		left = append(left, "volume "+name)
	}
	for _, n := range e.networks {
		left = append(left, "network "+n.Name)
	}
	slices.Sort(left)
	return left
}

// fakeVolume is a volume with its files by their path in it.
type fakeVolume struct {
	volume.Volume
	files map[string]fakeFile
}

// fakeFile is the content of a file, and when it was written.
type fakeFile struct {
	content []byte
	written time.Time
}

// inMemory reports whether the volume loses its content when nothing that runs has it mounted.
func (v *fakeVolume) inMemory() bool { return v.Options["type"] == "tmpfs" }

// engineTime is a time as the engine writes it; the zero time as it writes one that is unset.
func engineTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
