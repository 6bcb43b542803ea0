package runtime

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// sameEnd checks that a pod comes to the same end under nodes that crash as under one that does not: so it must be as long as nothing
// that its containers do depends on the time.
func sameEnd(t *testing.T, seed uint64) {
	t.Helper()
	var want, got end
	inWorld(t, func(w *world) { want = newSimulation(w, seed).liveToTheEnd(false) })
	inWorld(t, func(w *world) {
		s := newSimulation(w, seed)
		defer s.tellIfFailed()
		got = s.liveToTheEnd(true)
		if diff := cmp.Diff(want, got); diff != "" {
			s.Errorf("nodes that crashed brought the pod to another end:\n%s", diff)
		}
	})
}

// end is what became of a pod.
type end struct {
	Phase  corev1.PodPhase
	Reason string
	// Starts and Codes are how often each container was started that is not a sidecar, and how it ended last.
	Starts map[string]int
	Codes  map[string]int
}

// liveToTheEnd has a pod live whose containers do the same whenever they are started for the same time, with crashes of the node if so
// wanted.
func (s *simulation) liveToTheEnd(crashes bool) end {
	defer s.tellIfFailed()
	pod := s.endingPod()
	s.pods = []string{pod.Name}
	s.createPod(pod)
	if crashes {
		for range 1 + s.random.IntN(5) {
			s.pass(15 * time.Second)
			after := s.upTo(5 * time.Second)
			s.tell("the node crashes; the next one comes after %v", after)
			s.restart(after)
			if s.pod(pod.Name) == nil { // nothing of it was on the engine yet
				s.createPod(pod)
			}
		}
	}
	s.await(pod.Name, "at its end", func(pod *corev1.Pod) bool { return pod != nil && status.Terminal(pod.Status.Phase) })
	e := s.endOf(pod.Name)
	s.delete(pod.Name, -1)
	s.awaitGone(pod.Name)
	s.checkRules()
	s.wantNothingLeft()
	return e
}

// endingPod is a random pod that comes to an end.
func (s *simulation) endingPod() *corev1.Pod {
	pod := s.randomPod("p0")
	pod.Spec.ActiveDeadlineSeconds = nil
	if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		pod.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			c := &list[i]
			c.StartupProbe, c.ReadinessProbe, c.LivenessProbe, c.Lifecycle = nil, nil, nil, nil
			if !podspec.IsSidecar(c) {
				s.scriptByStarts(c.Name)
			}
			if len(pod.Spec.Containers) > 1 || podspec.IsSidecar(c) { // what all begin anew amidst depends on back-offs, which a crash forgets
				c.RestartPolicyRules = slices.DeleteFunc(c.RestartPolicyRules, func(r corev1.ContainerRestartRule) bool {
					return r.Action == corev1.ContainerRestartRuleActionRestartAllContainers
				})
			}
			for r := range c.RestartPolicyRules { // ends with 0 are for good
				codes := c.RestartPolicyRules[r].ExitCodes
				codes.Operator = corev1.ContainerRestartRuleOnExitCodesOpIn
				for v := range codes.Values {
					codes.Values[v] = max(codes.Values[v], 1)
				}
			}
		}
	}
	return pod
}

// scriptByStarts is script for a container that ends, and whose ends depend on nothing but how often it was started.
func (s *simulation) scriptByStarts(name string) {
	starts := 0
	s.machine.Script(name, func(int) enginetest.Run {
		d := s.dice(name, starts)
		starts++
		run := enginetest.Run{For: time.Duration(d.Int64N(int64(8 * time.Second)))}
		if code := d.Float64(); starts < 4 && code < 0.3 {
			run.Code = 1 + d.IntN(5)
		} else if starts < 4 && code < 0.4 {
			run.Code = restartAllCode
		}
		return run
	})
}

func (s *simulation) endOf(name string) end {
	s.checkRules()
	pod, b := s.pod(name), s.book(name)
	e := end{Phase: pod.Status.Phase, Reason: pod.Status.Reason, Starts: map[string]int{}, Codes: map[string]int{}}
	for c := range podspec.Containers(pod) {
		if last := b.newest(c.Name); last != nil && !podspec.IsSidecar(c) {
			e.Starts[c.Name], e.Codes[c.Name] = len(b.of[c.Name]), last.code
		}
	}
	return e
}
