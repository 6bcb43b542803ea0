// Package fault is what can be done to a pod on purpose, so that a test or a person sees what happens then: the faults, what of a pod each
// is about, and their words. Nothing of it lasts longer than the pod, and nothing of it cannot be undone.
//
// The package decides and describes; what it takes to do a fault, the node knows.
package fault

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind says what a fault does.
type Kind string

const (
	// Kill sends a signal to the first process of a container.
	Kill Kind = "kill"
	// Pause freezes all processes of a container.
	Pause Kind = "pause"
	// Cut cuts the pod off from its network.
	Cut Kind = "cut"
	// Network makes the pod's network slow, lossy or narrow.
	Network Kind = "network"
	// Fill takes the place in a volume.
	Fill Kind = "fill"
	// Memory has a container use up the memory that its limit allows.
	Memory Kind = "memory"
	// Pull has the pulls of images fail.
	Pull Kind = "pull"
)

// Fault is one fault of a pod. Of the fields below Kind a fault has those that are of its kind.
type Fault struct {
	// ID names a fault that lasts among those of its pod, such as "pause/app". It says what the fault is about: a new one takes the place
	// of the older one of that ID. The node sets it, and Since.
	ID    string      `json:"id,omitempty"`
	Since metav1.Time `json:"since,omitempty,omitzero"`
	Kind  Kind        `json:"kind"`
	// Container is that of a Kill, a Pause or a Memory.
	Container string `json:"container,omitempty"`
	// Signal is that of a Kill, by name, such as "SIGTERM".
	Signal string `json:"signal,omitempty"`
	// Instance is the engine's id of the instance of the container that is paused: with it the fault ends. The node sets it.
	Instance string `json:"instance,omitempty"`
	// Wire is what a Network does.
	Wire *Wire `json:"wire,omitempty"`
	// Volume is that of a Fill, by its name in the pod. Size is how much of it is taken; nil means all that it can hold, which only a
	// volume with a limit has.
	Volume string             `json:"volume,omitempty"`
	Size   *resource.Quantity `json:"size,omitempty"`
	// Image is the one that a Pull is about, as the pod names it; empty means all.
	Image string `json:"image,omitempty"`
}

// Wire is what a network is like.
type Wire struct {
	// Latency is how much later what the pod sends leaves it, and Jitter by how much that varies.
	Latency metav1.Duration `json:"latency,omitempty,omitzero"`
	Jitter  metav1.Duration `json:"jitter,omitempty,omitzero"`
	// Loss is the share of what is sent to the pod that gets lost, in percent.
	Loss float64 `json:"loss,omitempty"`
	// Rate is how much the pod can send, in bits a second; 0 sets no limit.
	Rate int64 `json:"rate,omitempty"`
}

// Lasts reports whether the fault goes on until it is cleared; the others are over when they are done.
func (f Fault) Lasts() bool { return f.Kind != Kill && f.Kind != Memory }

// NeedsSandbox reports whether the fault is done within the pod's sandbox, which has to run then.
func (f Fault) NeedsSandbox() bool { return f.Kind == Cut || f.Kind == Network || f.Kind == Fill }

// Identify returns the ID of the fault; empty if it does not last.
func (f Fault) Identify() string {
	switch f.Kind {
	case Pause:
		return string(Pause) + "/" + f.Container
	case Fill:
		return string(Fill) + "/" + f.Volume
	case Pull:
		return strings.TrimSuffix(string(Pull)+"/"+f.Image, "/")
	case Cut, Network:
		return string(f.Kind)
	}
	return ""
}

// String says what the fault does, as "container app is frozen".
func (f Fault) String() string {
	switch f.Kind {
	case Kill:
		return fmt.Sprintf("container %s gets %s", f.Container, f.Signal)
	case Pause:
		return fmt.Sprintf("container %s is frozen", f.Container)
	case Memory:
		return fmt.Sprintf("container %s runs out of memory", f.Container)
	case Cut:
		return "the network is cut"
	case Network:
		return "the network " + f.Wire.String()
	case Fill:
		if f.Size == nil {
			return fmt.Sprintf("volume %s is full", f.Volume)
		}
		return fmt.Sprintf("%s of volume %s are taken", f.Size, f.Volume)
	case Pull:
		if f.Image == "" {
			return "images cannot be pulled"
		}
		return fmt.Sprintf("image %s cannot be pulled", f.Image)
	}
	return string(f.Kind)
}

// String says what the network does, as "delays by 200ms and loses 5%".
func (w *Wire) String() string {
	var parts []string
	if w.Latency.Duration > 0 {
		delay := "delays by " + w.Latency.Duration.String()
		if w.Jitter.Duration > 0 {
			delay += " ±" + w.Jitter.Duration.String()
		}
		parts = append(parts, delay)
	}
	if w.Loss > 0 {
		parts = append(parts, fmt.Sprintf("loses %v%%", w.Loss))
	}
	if w.Rate > 0 {
		parts = append(parts, "carries "+FormatRate(w.Rate))
	}
	if len(parts) > 1 {
		parts = []string{strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]}
	}
	return strings.Join(parts, "")
}

// Path is where a node serves the faults of a pod: GET lists those that last, POST does one, and DELETE ends them, all or those whose IDs
// are given as the parameter "id". It is none of Kubernetes' own, and clients find no resource there.
func Path(namespace, pod string) string {
	return "/podsim/v1/namespaces/" + url.PathEscape(namespace) + "/pods/" + url.PathEscape(pod) + "/faults"
}
