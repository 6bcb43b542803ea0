package runtime

import (
	"context"
	"time"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
)

// pullAhead is a pull that was begun before the turn of what uses the image.
type pullAhead struct {
	// missing: the engine had no such image before.
	missing bool
	done    chan struct{}
	// took, err and ended are set once done is closed.
	took  time.Duration
	err   error
	ended time.Time
}

// aheadLasts is how long what a pull ahead came to stands for asking the registry in its turn.
const aheadLasts = 10 * time.Second

// pullAhead begins to pull an image that the pod will ask for, beside its other images, while the sandbox and the first containers start
// (D10). Nothing shows of it: in its turn a container tells of its pull, and of what goes wrong with it, as under a kubelet, which pulls
// then only (S14.7). A node that pulls one image at a time pulls none ahead.
func (w *worker) pullAhead(pod *corev1.Pod, used usedImage, ref reference.Named) {
	missing := used.policy != corev1.PullAlways // which does not look
	if p := w.ahead[used.name]; p != nil {
		p.missing = p.missing || missing
		return
	}
	credentials, err := w.podCredentials(pod, ref)
	if err != nil || w.node.options.MaxParallelImagePulls == 1 {
		return // its turn will tell of the error
	}
	p := &pullAhead{missing: missing, done: make(chan struct{})}
	w.ahead[used.name] = p
	w.background.Go(func() {
		defer close(p.done)
		p.took, p.err = w.node.pullImage(w.ctx, used.name, ref, credentials)
		p.ended = time.Now()
	})
}

// cameAhead reports whether an image is there only because of a pull ahead, whose turn has not come.
func (w *worker) cameAhead(name string) bool {
	p := w.ahead[name]
	return p != nil && p.missing
}

// takeAhead hands out what a pull of the image that was begun ahead comes to, and forgets the pull. An old one is as none if it failed,
// or if the registry is to be asked in any case.
func (w *worker) takeAhead(ctx context.Context, used usedImage) (took time.Duration, err error, ok bool) {
	p := w.ahead[used.name]
	if p == nil {
		return 0, nil, false
	}
	delete(w.ahead, used.name)
	select {
	case <-p.done:
		lasts := p.err == nil && used.policy != corev1.PullAlways
		return p.took, p.err, lasts || time.Since(p.ended) < aheadLasts
	default:
	}
	select {
	case <-p.done:
		return p.took, p.err, true
	case <-ctx.Done():
		return 0, ctx.Err(), true
	}
}
