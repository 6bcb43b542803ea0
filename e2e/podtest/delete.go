package podtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OwnGrace is the grace period that the pod itself asks for.
const OwnGrace = time.Duration(-1)

// Ending is how a pod came to its end.
type Ending struct {
	// Asked is when the deletion was asked for, and Gone when the pod was gone.
	Asked, Gone time.Time
	// Containers are the ends of the containers' last attempts, in the order in which they were seen.
	Containers []ContainerEnd
}

// ContainerEnd is how a container came to its end.
type ContainerEnd struct {
	Name string
	// Seen is when it was seen, on a node of this process by what its engine told; the API itself tells of whole seconds only.
	Seen time.Time
	corev1.ContainerStateTerminated
}

// Took is how long the pod took to end.
func (e Ending) Took() time.Duration { return e.Gone.Sub(e.Asked) }

// Of is the end of the container of that name; false if none was seen, as of one that never ran.
func (e Ending) Of(container string) (ContainerEnd, bool) {
	i := slices.IndexFunc(e.Containers, func(c ContainerEnd) bool { return c.Name == container })
	if i < 0 {
		return ContainerEnd{}, false
	}
	return e.Containers[i], true
}

// String is the report, a line for each container.
func (e Ending) String() string {
	var b strings.Builder
	for _, c := range e.Containers {
		fmt.Fprintf(&b, "%8.3fs  %s %s\n", c.Seen.Sub(e.Asked).Seconds(), c.Name, endText(&c.ContainerStateTerminated))
	}
	fmt.Fprintf(&b, "%8.3fs  gone", e.Took().Seconds())
	return b.String()
}

// Delete ends the pod within a grace period, of whole seconds or OwnGrace, waits until it is gone, and tells who ended when and how. With 0
// the containers are killed at once, and how they ended is not seen.
func (p *Pod) Delete(grace time.Duration) Ending {
	p.t.Helper()
	return result(p, func(ctx context.Context) (Ending, error) { return p.DeleteContext(ctx, grace) })
}

// DeleteContext is Delete with a context.
func (p *Pod) DeleteContext(ctx context.Context, grace time.Duration) (Ending, error) {
	options := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(p.created.UID))}
	if grace != OwnGrace {
		seconds := int64(grace / time.Second)
		options.GracePeriodSeconds = &seconds
	}
	asked := time.Now()
	if err := p.space.client.CoreV1().Pods(p.space.namespace).Delete(ctx, p.name, options); err != nil && !apierrors.IsNotFound(err) {
		return Ending{}, p.failed(ctx, "deleting it", err)
	}
	if err := p.history.each(ctx, func(now sight) bool { return now.gone }); err != nil {
		return Ending{}, p.failed(ctx, "waiting until it is gone", err)
	}
	return ending(asked, p.history.past()), nil
}

// ending is how the pod ended whose moments these are.
func ending(asked time.Time, moments []moment) Ending {
	e := Ending{Asked: asked}
	for _, m := range moments {
		if m.at.After(e.Gone) {
			e.Gone = m.at
		}
		if m.end == nil {
			continue
		}
		e.Containers = slices.DeleteFunc(e.Containers, func(c ContainerEnd) bool { return c.Name == m.container })
		e.Containers = append(e.Containers, ContainerEnd{Name: m.container, Seen: m.at, ContainerStateTerminated: *m.end})
	}
	slices.SortStableFunc(e.Containers, func(a, b ContainerEnd) int { return a.Seen.Compare(b.Seen) })
	return e
}
