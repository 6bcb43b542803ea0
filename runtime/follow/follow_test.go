package follow

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
)

// streamOf is a watch that gives the events and ends in good order.
func streamOf(events ...watch.Event) watch.Interface {
	stream := watch.NewFakeWithChanSize(len(events), false)
	for _, event := range events {
		stream.Action(event.Type, event.Object)
	}
	stream.Stop()
	return stream
}

func errorEvent(err apierrors.APIStatus) watch.Event {
	status := err.Status()
	return watch.Event{Type: watch.Error, Object: &status}
}

func TestFollowingGivesUpWhenTheAnswerStaysTheSame(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	unavailable, notFound := apierrors.NewServiceUnavailable("busy"), apierrors.NewNotFound(pods, "web")
	broken := errors.New("connection reset by peer")
	again := func(n int, err error) []error { return slices.Repeat([]error{err}, n) }
	for _, c := range []struct {
		name     string
		lists    []error         // what each listing fails with, nil: not; all after these are fine
		streams  [][]watch.Event // what each watch gives; all after these say that the pod is there
		want     error
		listings int
	}{
		{"there is no such thing", []error{notFound}, nil, notFound, 1},
		{"nobody may look", []error{apierrors.NewUnauthorized("who are you")}, nil, apierrors.NewUnauthorized("who are you"), 1},
		{"a server that is busy for a while", again(mostFailures-1, unavailable), nil, nil, mostFailures},
		{"a server that is busy for good", again(100, unavailable), nil, unavailable, mostFailures},
		{"connections that break for a while", again(3, broken), nil, nil, 4},
		{"connections that break for good, with a node that answers", again(100, broken), nil, broken, mostFailures},
		{"a stream that ends in good order, as often as it likes", nil, make([][]watch.Event, 30), nil, 31},
		{"a stream that says that nobody may look", nil, [][]watch.Event{{errorEvent(apierrors.NewUnauthorized("go away"))}}, apierrors.NewUnauthorized("go away"), 1},
		{"streams whose listing is too old", nil, slices.Repeat([][]watch.Event{{errorEvent(apierrors.NewResourceExpired("old"))}}, 30), nil, 31},
		{"streams that fail for good", nil, slices.Repeat([][]watch.Event{{errorEvent(unavailable)}}, 100), unavailable, mostFailures},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listings, watches := 0, 0
				followed := collection{
					list: func(context.Context) ([]runtime.Object, string, error) {
						listings++
						if listings <= len(c.lists) && c.lists[listings-1] != nil {
							return nil, "", c.lists[listings-1]
						}
						return nil, "1", nil
					},
					watch: func(context.Context, string) (watch.Interface, error) {
						watches++
						if watches <= len(c.streams) {
							return streamOf(c.streams[watches-1]...), nil
						}
						return streamOf(watch.Event{Type: watch.Added, Object: &corev1.Pod{}}), nil
					},
				}
				err := followed.run(t.Context(), func(context.Context) error { return nil },
					func([]runtime.Object) bool { return false }, func(watch.Event) bool { return true })
				if (err == nil) != (c.want == nil) || err != nil && err.Error() != c.want.Error() {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if listings != c.listings {
					t.Errorf("%d listings, want %d", listings, c.listings)
				}
			})
		})
	}
}

func TestAFollowingEndsWithItsContextThoughTheStreamGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	followed := collection{
		list: func(context.Context) ([]runtime.Object, string, error) { return nil, "1", nil },
		watch: func(context.Context, string) (watch.Interface, error) {
			cancel()
			return watch.NewFake(), nil
		},
	}
	err := followed.run(ctx, nil, func([]runtime.Object) bool { return false }, func(watch.Event) bool { return false })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheLogOfAnEphemeralContainerHasAStatus(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}}
	pod.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{Name: "debugger", ContainerID: "d"}}
	source := ContainerLog{Client: fake.NewClientset(pod).CoreV1(), Pod: pod, Container: "debugger"}
	status, err := source.Status(t.Context())
	if err != nil || status.ContainerID != "d" {
		t.Errorf("got %v, %v", status, err)
	}
}
