package fault

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/podspec"
)

const (
	// maxLatency is above what a kernel can be told, and minRate is one at which a packet still arrives within a minute.
	maxLatency = time.Minute
	minRate    = 1000
)

// Check says what keeps the fault from being done to the pod; nil if nothing does. It completes what the fault leaves out: the container of
// a pod that has but one, and the signal of a Kill.
func (f *Fault) Check(pod *corev1.Pod) error {
	switch f.Kind {
	case Kill:
		signal, err := ParseSignal(cmp.Or(f.Signal, "SIGKILL"))
		f.Signal = signal
		return errors.Join(err, f.checkContainer(pod))
	case Pause:
		return f.checkContainer(pod)
	case Memory:
		if err := f.checkContainer(pod); err != nil {
			return err
		}
		if c, _ := podspec.FindContainer(pod, f.Container); !limitsMemory(pod, c) {
			return fmt.Errorf("container %s has no limit of memory, and would use up the machine's: give it resources.limits.memory", f.Container)
		}
		return nil
	case Cut, Network:
		if pod.Spec.HostNetwork {
			return errors.New("the pod is on the machine's network (hostNetwork), which others use, too")
		}
		if f.Kind == Network {
			return f.Wire.check()
		}
		return nil
	case Fill:
		return f.checkVolume(pod)
	case Pull:
		return f.checkImage(pod)
	}
	return fmt.Errorf("there is no fault of kind %q", f.Kind)
}

func (f *Fault) checkContainer(pod *corev1.Pod) error {
	var names []string
	for c := range podspec.AllContainers(pod) {
		names = append(names, c.Name)
	}
	if f.Container == "" && len(names) == 1 {
		f.Container = names[0]
	}
	switch {
	case f.Container == "":
		return fmt.Errorf("say which container: pod %s has %s", pod.Name, strings.Join(names, ", "))
	case !slices.Contains(names, f.Container):
		return fmt.Errorf("pod %s has no container %q, but %s", pod.Name, f.Container, strings.Join(names, ", "))
	}
	return nil
}

// limitsMemory reports whether a container may take only so much memory, be it by its own limit or by the pod's (S13.13).
func limitsMemory(pod *corev1.Pod, c *corev1.Container) bool {
	if !c.Resources.Limits.Memory().IsZero() {
		return true
	}
	return pod.Spec.Resources != nil && !pod.Spec.Resources.Limits.Memory().IsZero()
}

func (w *Wire) check() error {
	switch {
	case w == nil || *w == Wire{}:
		return errors.New("say what the network is to be like: a latency, a loss or a rate")
	case w.Latency.Duration < 0 || w.Latency.Duration > maxLatency:
		return fmt.Errorf("the latency is to be between 0 and %v", maxLatency)
	case w.Jitter.Duration < 0 || w.Jitter.Duration > w.Latency.Duration:
		return errors.New("the jitter is to be between 0 and the latency")
	case w.Loss < 0 || w.Loss > 100:
		return errors.New("the loss is to be between 0% and 100%")
	case w.Rate != 0 && w.Rate < minRate:
		return fmt.Errorf("the rate is to be at least %s", FormatRate(minRate))
	}
	return nil
}

func (f *Fault) checkVolume(pod *corev1.Pod) error {
	var names []string
	for i := range pod.Spec.Volumes {
		names = append(names, pod.Spec.Volumes[i].Name)
	}
	i := slices.Index(names, f.Volume)
	switch {
	case i < 0 && len(names) == 0:
		return fmt.Errorf("pod %s has no volumes", pod.Name)
	case i < 0:
		return fmt.Errorf("pod %s has no volume %q, but %s", pod.Name, f.Volume, strings.Join(names, ", "))
	case f.Size != nil && f.Size.Sign() <= 0:
		return errors.New("the size is to be above 0")
	case f.Size != nil && f.Size.Cmp(*resource.NewQuantity(f.Size.Value(), resource.BinarySI)) != 0:
		return fmt.Errorf("the size is to be in whole bytes, and %s is not: m stands for thousandths, M and Mi for millions", f.Size)
	}
	volume := &pod.Spec.Volumes[i]
	switch {
	case volume.HostPath != nil:
		return fmt.Errorf("volume %s is the machine's (hostPath), which others use, too", f.Volume)
	case volume.EmptyDir == nil && volume.PersistentVolumeClaim == nil && volume.Ephemeral == nil:
		return fmt.Errorf("volume %s is one that containers only read", f.Volume)
	case f.Size == nil && !HasLimit(pod, volume):
		return &NoLimitError{Volume: f.Volume}
	}
	return nil
}

// NoLimitError says that a Fill without a size is of a volume that holds more than it may take.
type NoLimitError struct{ Volume string }

func (e *NoLimitError) Error() string { return e.Text("say how much, as --size=100Mi") }

// Text is the error with what its reader can do, beside giving the volume a limit.
func (e *NoLimitError) Text(advice string) string {
	return fmt.Sprintf("volume %s has no limit, and would take all of the machine's disk or memory: %s, or give it an emptyDir.sizeLimit",
		e.Volume, advice)
}

// HasLimit reports whether a volume holds only so much.
func HasLimit(pod *corev1.Pod, volume *corev1.Volume) bool {
	if volume.EmptyDir == nil {
		return false
	}
	if limit := volume.EmptyDir.SizeLimit; limit != nil && !limit.IsZero() {
		return true
	}
	if volume.EmptyDir.Medium != corev1.StorageMediumMemory {
		return false
	}
	for c := range podspec.Containers(pod) { // in memory it is that of all containers together (S11.12)
		if !limitsMemory(pod, c) {
			return false
		}
	}
	return true
}

func (f *Fault) checkImage(pod *corev1.Pod) error {
	if f.Image == "" {
		return nil
	}
	var images []string
	for c := range podspec.Containers(pod) {
		images = append(images, c.Image)
	}
	for i := range pod.Spec.Volumes {
		if image := pod.Spec.Volumes[i].Image; image != nil {
			images = append(images, image.Reference)
		}
	}
	if !slices.Contains(images, f.Image) {
		return fmt.Errorf("pod %s uses no image %q, but %s", pod.Name, f.Image, strings.Join(slices.Compact(slices.Sorted(slices.Values(images))), ", "))
	}
	return nil
}
