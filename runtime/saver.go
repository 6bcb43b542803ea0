package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// saveInterval is how long a change waits to be saved, if nobody waits for that.
const saveInterval = time.Second

// saver keeps the records of a pod up to date, in its volumes (D3) or, until it has its first sandbox, in the state directory. It saves in
// the background, the newest version only.
type saver struct {
	engine engine.Engine
	store  *store.Store
	log    *slog.Logger
	dirty  chan struct{}
	faults func() []fault.Fault // the pod's, as they are now

	writing sync.Mutex        // one write at a time; guards the fields up to the next mutex
	number  int               // of the newest record
	objects map[string]string // the versions of the objects whose records were written, by record
	waiting *waitingFile      // where the records lie until there is a first sandbox; nil if there is no such place

	mu       sync.Mutex     // guards the fields below
	sandbox  string         // the container through which the volumes are reached; "" while there is none
	still    bool           // nothing is written beside a sandbox any more: one has the records, or has them soon, or the pod goes
	pod      *corev1.Pod    // what is still to be saved; nil if nothing is
	attempts map[string]int // as savedPod has them
	version  uint64         // of the newest pod that was to be saved
}

func newSaver(n *Node, log *slog.Logger) *saver {
	return &saver{engine: n.engine, store: n.store, log: log, dirty: make(chan struct{}, 1)}
}

// reachThrough names the sandbox whose volumes are written from now on, and hold the records by now.
func (s *saver) reachThrough(sandboxID string) {
	s.mu.Lock()
	s.sandbox, s.still = sandboxID, true
	pending := s.pod != nil
	s.mu.Unlock()
	if pending {
		s.wake()
	}
	if s.waiting == nil || !s.waiting.there.Load() {
		return
	}
	if err := s.settle(); err != nil {
		s.log.Warn("removing the records of a pod that does not wait any more", "error", err)
	}
}

// keepStill ends the writing: nothing is to be saved any more.
func (s *saver) keepStill() {
	s.mu.Lock()
	s.sandbox, s.still = "", true
	s.mu.Unlock()
}

// goOn has the writing beside a sandbox go on that first ended, because the sandbox did not become the pod's.
func (s *saver) goOn() {
	s.mu.Lock()
	s.still = false
	s.mu.Unlock()
	s.wake()
}

// settle removes what lies in the state directory of a pod that does not wait any more. It can be called again when it fails.
func (s *saver) settle() error {
	s.writing.Lock() // it may be written just now
	defer s.writing.Unlock()
	return s.waiting.remove()
}

// save has the pod saved some time soon. The attempts are those of savedPod; nil leaves them as they are.
func (s *saver) save(pod *corev1.Pod, attempts map[string]int) {
	version, _ := strconv.ParseUint(pod.ResourceVersion, 10, 64) // the store's
	s.mu.Lock()
	if version < s.version { // somebody else's newer one came first
		s.mu.Unlock()
		return
	}
	s.pod, s.version = pod, version
	if attempts != nil {
		s.attempts = attempts
	}
	s.mu.Unlock()
	s.wake()
}

// wake has run look whether something is to be saved.
func (s *saver) wake() {
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// run saves until the context ends, and then once more.
func (s *saver) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
		case <-s.dirty:
			pause.For(ctx, saveInterval) // more is likely to come
		}
		if ctx.Err() != nil {
			break
		}
		_ = s.flush(ctx) // what failed was put back, and comes again
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineTimeout)
	defer cancel()
	_ = s.flush(last)
}

// flush saves now what was not saved yet. What cannot be saved is tried again later, unless the sandbox is gone.
func (s *saver) flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	pod, attempts, sandbox := s.pod, s.attempts, s.sandbox
	beside := sandbox == "" && !s.still && s.waiting != nil
	if sandbox != "" || beside {
		s.pod = nil
	}
	s.mu.Unlock()
	var err error
	switch {
	case pod == nil:
	case sandbox != "":
		err = s.write(ctx, sandbox, pod, attempts)
	case beside:
		err = s.writeBeside(pod, attempts)
	}
	if err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if errdefs.IsNotFound(err) && s.sandbox == sandbox {
		s.sandbox = "" // until there is another
	}
	if s.pod == nil {
		s.pod = pod
	}
	if ctx.Err() == nil {
		s.log.Warn("saving the pod", "error", err)
		s.wake()
	}
	return err
}

func (s *saver) write(ctx context.Context, sandbox string, pod *corev1.Pod, attempts map[string]int) error {
	meta, versions, err := s.records(pod, attempts)
	if err != nil {
		return err
	}
	archive := volumes.NewArchive(time.Now())
	if err := meta.Write(archive); err != nil {
		return err
	}
	if err := volumes.Fill(ctx, s.engine, sandbox, archive); err != nil {
		return err
	}
	s.objects = versions
	return nil
}

// writeBeside writes all records of a pod that waits for its sandbox.
func (s *saver) writeBeside(pod *corev1.Pod, attempts map[string]int) error {
	s.objects = nil
	meta, _, err := s.records(pod, attempts)
	if err != nil {
		return err
	}
	return s.waiting.write(meta)
}

// records are what is to be written: the pod, and the objects that it refers to as far as they changed since they were written.
func (s *saver) records(pod *corev1.Pod, attempts map[string]int) (volumes.Meta, map[string]string, error) {
	s.number++
	found, err := objectRecords(pod, s.store)
	if err != nil {
		return volumes.Meta{}, nil, err
	}
	names := []string{}
	for _, r := range found {
		names = append(names, r.name)
	}
	own, err := json.Marshal(savedPod{Number: s.number, Pod: pod, Attempts: attempts, Objects: names, Events: podEvents(s.store.Events, pod),
		Faults: s.faults()})
	if err != nil {
		return volumes.Meta{}, nil, fmt.Errorf("encoding the pod: %w", err)
	}
	meta := volumes.Meta{Files: map[string][]byte{podRecordName(s.number): own}, Secrets: map[string][]byte{}}
	versions := map[string]string{}
	for _, r := range found {
		versions[r.name] = r.version
		switch {
		case s.objects[r.name] == r.version:
		case r.secret:
			meta.Secrets[r.name] = r.content
		default:
			meta.Files[r.name] = r.content
		}
	}
	return meta, versions, nil
}

// first are the records for a sandbox's volumes that are about to be filled. What changes from now on is saved through the sandbox, and not
// beside it, until reachThrough or goOn is called: no record is newer than those in the sandbox then.
func (s *saver) first(pod *corev1.Pod, attempts map[string]int) (volumes.Meta, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	s.still = true
	s.mu.Unlock()
	s.objects = nil // a new sandbox has lost the secrets
	meta, versions, err := s.records(pod, attempts)
	s.objects = versions
	return meta, err
}
