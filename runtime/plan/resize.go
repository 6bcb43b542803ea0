package plan

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// Update changes the resources of a running instance while it runs (S13.31).
type Update struct {
	Container *corev1.Container
	// From are the resources that the instance has; the container's are those that it is to have.
	From corev1.ResourceRequirements
}

// resizable are the resources that can change.
var resizable = []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceCPU}

// resize tells whether a running container's resources are not what they should be, and whether it must be restarted to change them.
func resize(c *corev1.Container, memory *state.Container) (needed, restart bool) {
	has := memory.Current.Resources
	for _, name := range resizable {
		if SameAmounts(c.Resources, has, name) {
			continue
		}
		needed = true
		for _, policy := range c.ResizePolicy {
			if policy.ResourceName == name && policy.RestartPolicy == corev1.RestartContainer {
				restart = true
			}
		}
	}
	return needed, restart
}

// SameAmounts reports whether request and limit of a resource are the same in both.
func SameAmounts(a, b corev1.ResourceRequirements, name corev1.ResourceName) bool {
	requestA, limitA, requestB, limitB := a.Requests[name], a.Limits[name], b.Requests[name], b.Limits[name]
	return requestA.Equal(requestB) && limitA.Equal(limitB)
}

// resizeKill is the kill of a running container that must be restarted for its new resources; nil if it need not (S13.31).
func resizeKill(c *corev1.Container, memory *state.Container) *Kill {
	if _, restart := resize(c, memory); !restart {
		return nil
	}
	return &Kill{Container: c, Message: fmt.Sprintf("Container %s resize requires restart", c.Name)}
}

// updates are the changes of running containers that need no restart. Those that take memory away come first.
func updates(in Input) []Update {
	var list []Update
	for c := range podspec.Containers(in.Pod) {
		if memory := in.State.Containers[c.Name]; memory.Running() {
			if needed, restart := resize(c, memory); needed && !restart {
				list = append(list, Update{Container: c, From: memory.Current.Resources})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Update) int { return boolOrder(a.TakesMemory(), b.TakesMemory()) })
	return list
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// TakesMemory reports whether the update lowers the limit of memory, or sets one where there was none.
func (u Update) TakesMemory() bool {
	to, from := u.Container.Resources.Limits[corev1.ResourceMemory], u.From.Limits[corev1.ResourceMemory]
	return !to.IsZero() && (from.IsZero() || to.Cmp(from) < 0)
}

// Resizing reports whether a running container's resources are not yet what they should be.
func Resizing(in Input) bool {
	for c := range podspec.Containers(in.Pod) {
		if memory := in.State.Containers[c.Name]; memory.Running() {
			if needed, _ := resize(c, memory); needed {
				return true
			}
		}
	}
	return false
}

// Unfit is why the node cannot give a pod what its spec asks for beside what the others request, in a kubelet's words; "" if it can
// (S13.31). before is the pod with what it has: it may always go down.
func Unfit(pod, before *corev1.Pod, others []*corev1.Pod, allocatable corev1.ResourceList) string {
	wanted, had := requestsOf(pod), requestsOf(before)
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		amount := func(list corev1.ResourceList) int64 {
			q := list[name]
			if name == corev1.ResourceCPU {
				return q.MilliValue()
			}
			return q.Value()
		}
		used := int64(0)
		for _, other := range others {
			used += amount(requestsOf(other))
		}
		if need := amount(wanted); need > amount(had) && need > amount(allocatable)-used {
			return fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", name, need, used, amount(allocatable))
		}
	}
	return ""
}

func requestsOf(pod *corev1.Pod) corev1.ResourceList {
	return resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
}
