package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/podsim/podsim/runtime/pause"
)

const (
	// shortestWindow and longestWindow bound the time over which the use of the processor is averaged: from the request before, if that
	// is not too long ago, else over the shortest.
	shortestWindow = time.Second
	longestWindow  = time.Minute
)

// sampler keeps the newest sample of each instance that somebody asked about.
type sampler struct {
	mu     sync.Mutex
	newest map[string]sample // by the engine's id
}

// Metrics measures what the running containers of the pods use, all at once.
func (n *Node) Metrics(ctx context.Context, pods []*corev1.Pod) ([]metrics.PodMetrics, error) {
	var ids []string
	for _, pod := range pods {
		for _, s := range runningStatuses(pod) {
			ids = append(ids, instanceID(s.ContainerID))
		}
	}
	before, complete := n.samples.before(ids, time.Now())
	if !complete {
		first, err := n.sampleAll(ctx, ids)
		if err != nil {
			return nil, err
		}
		for id, s := range first {
			if _, known := before[id]; !known {
				before[id] = s
			}
		}
		pause.For(ctx, shortestWindow)
	}
	now, err := n.sampleAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	n.samples.keep(now)
	var all []metrics.PodMetrics
	for _, pod := range pods {
		if m := metricsOf(pod, before, now); len(m.Containers) > 0 {
			all = append(all, m)
		}
	}
	return all, nil
}

// before are the samples to measure from, and whether there is one of each instance.
func (s *sampler) before(ids []string, now time.Time) (usable map[string]sample, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usable = map[string]sample{}
	for _, id := range ids {
		if old, ok := s.newest[id]; ok && now.Sub(old.at) >= shortestWindow && now.Sub(old.at) <= longestWindow {
			usable[id] = old
		}
	}
	return usable, len(usable) == len(ids)
}

// keep remembers the samples, and forgets those that are of no more use.
func (s *sampler) keep(samples map[string]sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.newest {
		if time.Since(old.at) > longestWindow {
			delete(s.newest, id)
		}
	}
	for id, sample := range samples {
		s.newest[id] = sample
	}
}

// sampleAll asks the engine about instances, all at once. One that does not run any more has no sample.
func (n *Node) sampleAll(ctx context.Context, ids []string) (map[string]sample, error) {
	var mu sync.Mutex
	samples, failures := map[string]sample{}, []error(nil)
	var asked sync.WaitGroup
	for _, id := range ids {
		asked.Go(func() {
			s, err := n.sample(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && !s.at.IsZero():
				samples[id] = s
			case err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err):
				failures = append(failures, err)
			}
		})
	}
	asked.Wait()
	return samples, errors.Join(failures...)
}

// metricsOf is what a pod's containers used between two samples of each.
func metricsOf(pod *corev1.Pod, before, now map[string]sample) metrics.PodMetrics {
	m := metrics.PodMetrics{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels}}
	for _, s := range runningStatuses(pod) {
		id := instanceID(s.ContainerID)
		from, to := before[id], now[id]
		window := to.at.Sub(from.at)
		if from.at.IsZero() || window <= 0 {
			continue
		}
		m.Timestamp, m.CreationTimestamp, m.Window = metav1.NewTime(to.at), metav1.NewTime(to.at), metav1.Duration{Duration: window}
		cores := max(float64(to.cpu-from.cpu)/float64(window), 0)
		m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: s.Name, Usage: corev1.ResourceList{
			corev1.ResourceCPU:    *resource.NewScaledQuantity(int64(cores*1e9), resource.Nano),
			corev1.ResourceMemory: *resource.NewQuantity(to.workingSet, resource.BinarySI),
		}})
	}
	return m
}

// runningStatuses are the statuses of the pod's containers that run.
func runningStatuses(pod *corev1.Pod) []corev1.ContainerStatus {
	all := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses)
	return slices.DeleteFunc(all, func(s corev1.ContainerStatus) bool { return s.State.Running == nil })
}
