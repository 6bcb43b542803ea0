package progress

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime"
)

// Nothing shows nothing.
type Nothing struct{}

// Pod implements Display.
func (Nothing) Pod(*corev1.Pod) {}

// Log implements Display.
func (Nothing) Log(*corev1.Pod, string, []byte) {}

// Event implements Display.
func (Nothing) Event(*corev1.Pod, *corev1.Event) {}

// Pull implements Display.
func (Nothing) Pull(runtime.PullProgress) {}

// Note implements Display.
func (Nothing) Note(*corev1.Pod, string) {}

// Flush implements Display.
func (Nothing) Flush() error { return nil }

// Close implements Display.
func (Nothing) Close() error { return nil }
