package job

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// How long a Job waits before it replaces failed pods: after the first failure the initial delay, then twice as long each time.
const (
	initialDelay = 10 * time.Second
	maxDelay     = 10 * time.Minute
)

// BackOff is what is remembered of a Job's failures; a success lets it begin anew.
type BackOff struct {
	// Failures is how many pods have failed since one last succeeded.
	Failures int
	// LastFailure is when the newest of them came to its end.
	LastFailure time.Time
}

// after is the record once these pods have come to their ends, too.
func (b BackOff) after(succeeded, failed []*corev1.Pod) BackOff {
	if len(succeeded) > 0 {
		b = BackOff{}
		success := newestEnd(succeeded)
		failed = filter(failed, func(pod *corev1.Pod) bool { return finishedAt(pod).After(success) })
	}
	if len(failed) > 0 {
		b.Failures += len(failed)
		b.LastFailure = newestEnd(failed)
	}
	return b
}

func newestEnd(pods []*corev1.Pod) time.Time {
	return slices.MaxFunc(ends(pods), time.Time.Compare)
}

func ends(pods []*corev1.Pod) []time.Time {
	var times []time.Time
	for _, pod := range pods {
		times = append(times, finishedAt(pod))
	}
	return times
}

// until is when a failed pod may be replaced; the zero time is at once.
func (b BackOff) until() time.Time {
	if b.Failures == 0 {
		return time.Time{}
	}
	delay := initialDelay
	for n := 1; n < b.Failures && delay < maxDelay; n++ {
		delay = min(2*delay, maxDelay)
	}
	return b.LastFailure.Add(delay)
}
