package runtime

import "sync"

// inbox collects what a pod's worker is to look at next. Writers never wait; the worker takes everything at once.
type inbox struct {
	mu   sync.Mutex
	mail mail
	wake chan struct{}
}

// mail is what came in since the worker last looked.
type mail struct {
	// engine holds the ids of engine containers that changed.
	engine map[string]bool
	// relist says that engine events may have been missed.
	relist bool
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// engineChanged reports that an engine container of the pod changed.
func (b *inbox) engineChanged(id string) {
	b.put(func(m *mail) {
		if m.engine == nil {
			m.engine = map[string]bool{}
		}
		m.engine[id] = true
	})
}

// relist asks for a look at all of the pod's containers.
func (b *inbox) relist() { b.put(func(m *mail) { m.relist = true }) }

// nudge wakes the worker without mail: the pod's object changed, or a probe came to something.
func (b *inbox) nudge() { b.put(func(*mail) {}) }

func (b *inbox) put(add func(*mail)) {
	b.mu.Lock()
	add(&b.mail)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take empties the inbox.
func (b *inbox) take() mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.mail
	b.mail = mail{}
	return m
}
