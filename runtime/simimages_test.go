package runtime

import (
	"time"

	"github.com/opencontainers/go-digest"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// wantedImage is an image that a container was to have from a time on.
type wantedImage struct {
	at    time.Time
	image string
}

// engineName is what the engine calls an image of which nothing but its name was said.
func engineName(image string) string { return digest.FromString(image).String() }

// changedSince reports whether the container of the instance was to have another image at some time since its start.
func (w *world) changedSince(l *life) bool {
	for i, wanted := range w.wanted[l.name] {
		over := i+1 < len(w.wanted[l.name]) && w.wanted[l.name][i+1].at.Before(l.started)
		if !over && engineName(wanted.image) != l.image {
			return true
		}
	}
	return false
}

// want notes that the containers of the pod are to have their images from now on; those that never had another are left out.
func (w *world) want(pod *corev1.Pod) {
	for c := range podspec.Containers(pod) {
		before := w.wanted[c.Name]
		if n := len(before); n == 0 && c.Image == firstImage || n > 0 && before[n-1].image == c.Image {
			continue
		}
		if len(before) == 0 {
			before = []wantedImage{{w.begun, firstImage}}
		}
		w.wanted[c.Name] = append(before, wantedImage{time.Now(), c.Image})
	}
}

const (
	firstImage = "busybox:1.36"
	otherImage = "busybox:1.37"
)

// changeImage gives one container of the pod the other one of two images.
func (s *simulation) changeImage(name string) {
	if s.pod(name) == nil {
		return
	}
	s.machine.AddImage(otherImage, enginetest.Image{})
	pod, err := s.node.UpdatePod(s.Context(), "default", name, func(pod *corev1.Pod) error {
		var all []*corev1.Container
		for c := range podspec.Containers(pod) {
			all = append(all, c)
		}
		c := all[s.random.IntN(len(all))]
		if c.Image == firstImage {
			c.Image = otherImage
		} else {
			c.Image = firstImage
		}
		pod.Generation++
		s.tell("%s is to have %s", c.Name, c.Image)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	s.want(pod)
}

// recallImages notes which images the containers are to have after a crash, in which the newest change may have been lost.
func (s *simulation) recallImages() {
	for _, name := range s.pods {
		if pod := s.pod(name); pod != nil {
			s.want(pod)
		}
	}
}

// checkImages checks that nothing goes on running with an image that its container is not to have any more (S4.33): of a sidecar that is
// looked at only once it has started (S4.19).
func (s *simulation) checkImages() {
	if !s.calm || len(s.wanted) == 0 {
		return
	}
	const enough = 2 * time.Minute
	time.Sleep(enough)
	s.checkRules()
	for _, name := range s.pods {
		pod := s.pod(name)
		if pod == nil || pod.DeletionTimestamp != nil || status.Terminal(pod.Status.Phase) {
			continue
		}
		for c, isInit := range podspec.Containers(pod) {
			shown := status.Container(pod, c.Name)
			waits := isInit && (!podspec.IsSidecar(c) || !*shown.Started)
			if shown.State.Running == nil || waits {
				continue
			}
			if shown.Image != c.Image {
				s.Errorf("%v later %s still runs with %s, not with %s (S4.33)", enough, c.Name, shown.Image, c.Image)
			}
		}
	}
}
