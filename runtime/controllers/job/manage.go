package job

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

// Next is the first half of a pass: what to do with the pods. A Job that another controller manages is left alone.
func Next(in Input) Pass {
	if !IsManaged(in.Job) {
		return Pass{view: view{Input: in}}
	}
	if IsFinished(in.Job) {
		return finished(in)
	}
	p := Pass{view: look(in)}
	switch {
	case p.view.verdict != nil:
		for _, pod := range p.view.active {
			p.Delete = append(p.Delete, Deletion{Pod: pod})
		}
		return p
	case in.Job.DeletionTimestamp == nil:
		p.managed = true
		p.manage()
	}
	p.wakeAt(p.view.deadline())
	return p
}

// finished is the pass of a Job that has ended: there is nothing to do but to delete it when its time has come.
func finished(in Input) Pass {
	p := Pass{view: view{Input: in}}
	at, ok := expiry(in.Job)
	switch {
	case !ok || in.Job.DeletionTimestamp != nil:
	case in.Now.Before(at):
		p.wakeAt(at)
	default:
		p.Expired = true
	}
	return p
}

// wakeAt brings the next pass forward; the zero time does not.
func (p *Pass) wakeAt(at time.Time) {
	if p.Wake.IsZero() || !at.IsZero() && at.Before(p.Wake) {
		p.Wake = at
	}
}

// manage deletes the pods that are too many, or else creates those that are too few. No Job counts what it deletes here.
func (p *Pass) manage() {
	v := &p.view
	for _, pod := range surplus(v, max(len(v.active)-v.wanted(), 0)) {
		p.Delete = append(p.Delete, Deletion{Pod: pod, Uncounted: true})
	}
	if len(p.Delete) > 0 || isSuspended(v.Job) {
		return
	}
	lacking := v.wanted() - len(v.active)
	if replacesFailedOnly(v.Job) {
		lacking -= v.terminating
	}
	if lacking <= 0 {
		return
	}
	if until := v.backOff.until(); !v.limitsIndexes() && v.Now.Before(until) {
		p.wakeAt(until)
		return
	}
	lacking = min(lacking, maxPodsPerPass)
	if !isIndexed(v.Job) {
		for range lacking {
			p.Create = append(p.Create, newPod(v.Job))
		}
		return
	}
	for _, index := range v.pending(lacking) {
		last := v.replaced[index]
		if until := replacement(last).until(); v.Now.Before(until) {
			p.wakeAt(until)
			continue
		}
		p.Create = append(p.Create, newIndexedPod(v.Job, index, last))
	}
}

// wanted is how many pods are to be active now.
func (v *view) wanted() int {
	spec := &v.Job.Spec
	switch {
	case isSuspended(v.Job):
		return 0
	case spec.Completions != nil:
		return max(min(int(*spec.Completions)-v.succeeded, int(*spec.Parallelism)), 0)
	case v.succeeded > 0: // the work is done, and what still runs may end
		return len(v.active)
	}
	return int(*spec.Parallelism)
}

// pending are the lowest indexes that are still to be tried, at most so many.
func (v *view) pending(most int) []int {
	taken := union(v.succeededIndexes, v.failedIndexes, indexesOf(v.active))
	if replacesFailedOnly(v.Job) {
		taken = union(taken, indexesOf(filter(v.Pods, owned.IsTerminating)))
	}
	return taken.missing(most, v.completions())
}

// surplus are the active pods to delete: at least so many, and all that share their index with a better one or have none.
func surplus(v *view, least int) []*corev1.Pod {
	pods := slices.Clone(v.active)
	slices.SortStableFunc(pods, byProgress)
	var chosen []*corev1.Pod
	if isIndexed(v.Job) {
		chosen, pods = repeated(v, pods)
	}
	if lacking := least - len(chosen); lacking > 0 {
		chosen = append(chosen, pods[:lacking]...)
	}
	return chosen[:min(len(chosen), maxPodsPerPass)]
}

// repeated parts the pods that no index needs from the others, of which each has an index for itself. Both keep their order.
func repeated(v *view, pods []*corev1.Pod) (needless, needed []*corev1.Pod) {
	best := map[int]*corev1.Pod{}
	for _, pod := range pods {
		best[indexOf(pod)] = pod
	}
	for _, pod := range pods {
		if v.belongs(pod) && best[indexOf(pod)] == pod {
			needed = append(needed, pod)
		} else {
			needless = append(needless, pod)
		}
	}
	slices.SortStableFunc(needless, func(a, b *corev1.Pod) int { return cmp.Compare(indexOf(a), indexOf(b)) })
	return needless, needed
}
