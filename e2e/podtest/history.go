package podtest

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/follow"
)

// history is what was seen of a pod since it was created.
type history struct {
	mu      sync.Mutex
	pod     *corev1.Pod // as it was seen last
	gone    bool        // nothing of the pod will be seen any more
	err     error       // why nothing will, if not because the pod is gone
	moments []moment
	deaths  map[string]time.Time // when the engine said that a container had ended, by the container's id
	changed chan struct{}        // closed at the next change
}

// newHistory is that of a pod that was created at a time.
func newHistory(pod *corev1.Pod, at time.Time) *history {
	return &history{pod: pod, moments: []moment{{at: at, text: "created"}}, deaths: map[string]time.Time{}, changed: make(chan struct{})}
}

// record looks at the pod until it is gone or ctx ends.
func (h *history) record(ctx context.Context, where target) {
	core, pod := where.client.CoreV1(), h.pod
	following, stop := context.WithCancel(ctx)
	var others sync.WaitGroup
	if where.node != nil {
		others.Go(func() { h.watchEngine(following, where.node.Engine) })
	}
	others.Go(func() {
		_ = follow.Events(following, core, pod, where.ended, h.event) // the pod tells if the target is gone
	})
	err := follow.Pod(ctx, core, pod, where.ended, func(pod *corev1.Pod) bool {
		h.seen(pod)
		return false
	})
	stop()
	others.Wait()
	h.change(func() {
		h.gone, h.err = true, err
		if err == nil {
			h.moments = append(h.moments, moment{at: time.Now(), text: "gone"})
		}
	})
}

// change changes the history and tells those who wait for it.
func (h *history) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *history) seen(pod *corev1.Pod) {
	h.change(func() {
		for _, m := range changes(h.pod, pod) {
			m.at = time.Now()
			if died, told := h.deaths[m.endedID()]; told {
				m.at = died
			}
			h.moments = append(h.moments, m)
		}
		h.pod = pod
	})
}

func (h *history) event(e *corev1.Event) {
	h.change(func() { h.moments = append(h.moments, ofEvent(e, time.Now())) })
}

// look is what the history shows now.
func (h *history) look() sight {
	h.mu.Lock()
	defer h.mu.Unlock()
	return sight{pod: h.pod, gone: h.gone, err: h.err, changed: h.changed}
}

// sight is what a history shows at a moment.
type sight struct {
	pod     *corev1.Pod
	gone    bool
	err     error
	changed <-chan struct{}
}

// each hands every sight to see, from the present one on, until it has seen enough, the pod is gone or ctx ends, whose cause is returned.
func (h *history) each(ctx context.Context, see func(sight) (enough bool)) error {
	for {
		now := h.look()
		if see(now) || now.gone {
			return now.err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-now.changed:
		}
	}
}

// past is all that has happened until now.
func (h *history) past() []moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]moment(nil), h.moments...)
}
