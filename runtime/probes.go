package runtime

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/probe"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
)

// probes are the probe workers of one pod and what they came to. A probe's worker knows no more of its container than the published
// status shows, as a kubelet's does not: so it sees nothing of a container whose postStart hook still runs (S7.4), and goes on probing
// one that is being stopped (S6.54).
type probes struct {
	mu      sync.Mutex
	results map[probeKey]probed
	running map[probeKey]*runningProbe
}

// probeKey names one probe of a pod.
type probeKey struct {
	container string
	kind      probe.Kind
}

// probed is what a probe came to, and for which instance.
type probed struct {
	instanceID string
	result     state.ProbeResult
}

// runningProbe is a probe's worker.
type runningProbe struct {
	stop    chan struct{} // closed to end it for good
	stopped bool          // stop is closed (S6.54)
	trigger chan struct{} // asks for an extra run (S6.4)
	over    atomic.Bool   // the worker has ended by itself (S6.11)
}

func newProbes() *probes {
	return &probes{results: map[probeKey]probed{}, running: map[probeKey]*runningProbe{}}
}

// probesOf are the probes that a container has.
func probesOf(c *corev1.Container) map[probe.Kind]*corev1.Probe {
	all := map[probe.Kind]*corev1.Probe{probe.Startup: c.StartupProbe, probe.Readiness: c.ReadinessProbe, probe.Liveness: c.LivenessProbe}
	for kind, p := range all {
		if p == nil {
			delete(all, kind)
		}
	}
	return all
}

// runProbes sees to it that every probe of the pod has its worker. They start before the containers do and live across restarts (S6.1);
// one that had ended because its container was at its end begins anew when the container runs again (S4.62).
func (w *worker) runProbes(pod *corev1.Pod) {
	for c := range podspec.Containers(pod) {
		for kind, spec := range probesOf(c) {
			w.runProbe(c, kind, spec)
		}
	}
}

func (w *worker) runProbe(c *corev1.Container, kind probe.Kind, spec *corev1.Probe) {
	key := probeKey{c.Name, kind}
	w.probes.mu.Lock()
	defer w.probes.mu.Unlock()
	if known := w.probes.running[key]; known != nil && (known.stopped || !known.over.Load() || !w.state.Containers[c.Name].Running()) {
		return
	}
	p := &runningProbe{stop: make(chan struct{}), trigger: make(chan struct{}, 1)}
	w.probes.running[key] = p
	run := probe.Worker{
		Kind:    kind,
		Probe:   spec,
		Look:    func() probe.Sight { return w.sight(c) },
		Attempt: func(ctx context.Context, id string) (probe.Outcome, error) { return w.attempt(ctx, c, spec, id) },
		Tell: func(_ string, note probe.Note) {
			if pod, ok := w.pod(); ok {
				w.node.recorder.Container(pod, c.Name, note.Type, note.Reason, "%s", note.Message)
			}
		},
		Report:  func(id string, result state.ProbeResult) { w.probeResult(key, probed{id, result}) },
		Trigger: p.trigger,
		Stop:    p.stop,
	}
	w.background.Go(func() {
		defer p.over.Store(true)
		run.Run(w.ctx)
	})
}

// sight is what the published status shows of a container.
func (w *worker) sight(c *corev1.Container) probe.Sight {
	pod, ok := w.pod()
	if !ok || status.Terminal(pod.Status.Phase) {
		return probe.Sight{Over: true}
	}
	shown := status.Container(pod, c.Name)
	if shown == nil {
		return probe.Sight{}
	}
	seen := probe.Sight{InstanceID: instanceID(shown.ContainerID), Started: shown.Started != nil && *shown.Started}
	switch now := shown.State; {
	case now.Running != nil:
		seen.Running, seen.StartedAt = true, now.Running.StartedAt.Time
	case now.Waiting != nil && now.Waiting.Reason == "" && shown.LastTerminationState.Terminated == nil:
		seen.InstanceID = "" // it was created and never started (S3.33): nothing to judge yet
	case now.Terminated != nil:
		ended := &state.Instance{ExitCode: int(now.Terminated.ExitCode), Reason: now.Terminated.Reason}
		seen.Over = !plan.ShouldRestart(pod, c, ended)
	}
	return seen
}

// probeResult takes note of what a probe came to. Readiness and startup show in the status at once, whatever the worker is busy with
// (S0.3); then the worker looks, if it is any news: an instance counts as alive and as unready from its beginning (S6.7).
func (w *worker) probeResult(key probeKey, p probed) {
	w.probes.mu.Lock()
	w.probes.results[key] = p
	w.probes.mu.Unlock()
	var news bool
	switch key.kind {
	case probe.Liveness:
		news = p.result == state.Failed
	case probe.Readiness:
		news = w.show(status.SetReadiness, key.container, p)
	case probe.Startup:
		news = w.show(status.SetStarted, key.container, p) || p.result == state.Failed
	}
	if news {
		w.inbox.nudge()
	}
}

// show puts what a probe came to into the published status. It reports whether that changed anything.
func (w *worker) show(set statusSetter, container string, p probed) (changed bool) {
	_, err := w.node.store.Pods.Update(w.key, func(pod *corev1.Pod) error {
		changed = pod.UID == w.uid && set(&pod.Status, pod, container, p.instanceID, p.result == state.Passed, time.Now())
		return nil
	})
	return changed && err == nil // an error is a pod that is gone
}

// statusSetter sets one flag of the container that runs as the given instance.
type statusSetter = func(s *corev1.PodStatus, pod *corev1.Pod, container, instanceID string, value bool, now time.Time) bool

// heedProbes takes over what the probes came to for the instances that run now.
func (w *worker) heedProbes() {
	w.probes.mu.Lock()
	defer w.probes.mu.Unlock()
	for key, p := range w.probes.results {
		c := w.state.Containers[key.container]
		if !c.Running() || c.Current.ID != p.instanceID {
			continue
		}
		switch key.kind {
		case probe.Startup:
			c.Startup = p.result
		case probe.Readiness:
			c.Readiness = p.result
		case probe.Liveness:
			c.Liveness = p.result
		}
	}
}

// recallProbes makes what an earlier node published count until this one's probes say otherwise.
func (w *worker) recallProbes(container string, instanceID string, started, ready bool) {
	w.probes.mu.Lock()
	defer w.probes.mu.Unlock()
	if started {
		w.probes.results[probeKey{container, probe.Startup}] = probed{instanceID, state.Passed}
	}
	if ready {
		w.probes.results[probeKey{container, probe.Readiness}] = probed{instanceID, state.Passed}
	}
}

// hastenReadiness lets the readiness probes of the containers that were just published as started but not ready run at once (S6.4).
func (w *worker) hastenReadiness(pod *corev1.Pod) {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, shown := range list {
			if shown.Ready || shown.Started == nil || !*shown.Started {
				continue
			}
			w.probes.mu.Lock()
			p := w.probes.running[probeKey{shown.Name, probe.Readiness}]
			w.probes.mu.Unlock()
			if p == nil {
				continue
			}
			select {
			case p.trigger <- struct{}{}:
			default: // one is due already
			}
		}
	}
}

// stopJudging ends the liveness and startup probes of the mains, as the pod's end begins. Those of sidecars go on, and so does
// readiness (S6.54).
func (w *worker) stopJudging(pod *corev1.Pod) {
	w.probes.mu.Lock()
	defer w.probes.mu.Unlock()
	for i := range pod.Spec.Containers {
		for _, kind := range []probe.Kind{probe.Startup, probe.Liveness} {
			if p := w.probes.running[probeKey{pod.Spec.Containers[i].Name, kind}]; p != nil && !p.stopped {
				p.stopped = true
				close(p.stop)
			}
		}
	}
}
