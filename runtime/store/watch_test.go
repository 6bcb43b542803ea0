package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// ended is a context that ends before anything is waited for.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestWatcherReadsEveryLaterChangeOfItsKindOnce(t *testing.T) {
	s := New(1)
	must[*corev1.Pod](t)(s.Pods.Create(pod("default", "before")))
	w := must[*Watcher[*corev1.Pod]](t)(s.Pods.Watch(s.Version()))

	must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
	must[*corev1.Event](t)(s.Events.Create(&corev1.Event{}))
	must[*corev1.Pod](t)(s.Pods.Update(key("a"), setPhase(corev1.PodRunning)))
	must[*corev1.Pod](t)(s.Pods.Delete(key("a"), nil))

	for i, want := range []struct {
		kind            watch.EventType
		version         uint64
		phase, previous string
	}{
		{kind: watch.Added, version: 3},
		{kind: watch.Modified, version: 5, phase: "Running"},
		{kind: watch.Deleted, version: 6, phase: "Running", previous: "Running"},
	} {
		event, err := w.Next(ended())
		if err != nil {
			t.Fatal(err)
		}
		if event.Type != want.kind || event.Version != want.version || string(event.Object.Status.Phase) != want.phase {
			t.Errorf("event %d: %s of version %d, phase %q; want %+v", i, event.Type, event.Version, event.Object.Status.Phase, want)
		}
		if (event.Previous == nil) != (want.kind == watch.Added) || event.Previous != nil && string(event.Previous.Status.Phase) != want.previous {
			t.Errorf("event %d: previous is %v", i, event.Previous)
		}
		if event.Object.ResourceVersion != fmt.Sprint(want.version) {
			t.Errorf("event %d: the object's version is %s", i, event.Object.ResourceVersion)
		}
	}
	if event, err := w.Next(ended()); !errors.Is(err, context.Canceled) {
		t.Errorf("after the last change: %v, %v", event, err)
	}
}

func TestWatcherWaitsForTheNextChange(t *testing.T) {
	s := New(1)
	w := must[*Watcher[*corev1.Pod]](t)(s.Pods.Watch(1))
	got := make(chan Event[*corev1.Pod])
	go func() {
		event, _ := w.Next(context.Background())
		got <- event
	}()
	must[*corev1.Secret](t)(s.Secrets.Create(&corev1.Secret{}))
	must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
	if event := <-got; event.Version != 3 {
		t.Errorf("got %v", event)
	}
}

func TestWatchOutsideTheHistoryIsExpired(t *testing.T) {
	s := New(1000)
	start := s.Version()
	slow := must[*Watcher[*corev1.Pod]](t)(s.Pods.Watch(start))
	quiet := must[*Watcher[*corev1.Secret]](t)(s.Secrets.Watch(start))

	for _, from := range []uint64{0, 999, 1001} {
		if _, err := s.Pods.Watch(from); !apierrors.IsResourceExpired(err) {
			t.Errorf("watch from %d at version 1000: %v, want 410", from, err)
		}
	}
	must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
	for i := range 2 * window {
		must[*corev1.Pod](t)(s.Pods.Update(key("a"), setPhase(corev1.PodPhase(fmt.Sprint(i)))))
	}
	if _, err := s.Pods.Watch(start); !apierrors.IsResourceExpired(err) {
		t.Errorf("watch from a forgotten version: %v, want 410", err)
	}
	if _, err := slow.Next(context.Background()); !apierrors.IsResourceExpired(err) {
		t.Errorf("slow watcher: %v, want 410", err)
	}
	if _, err := quiet.Next(ended()); !errors.Is(err, context.Canceled) {
		t.Errorf("watcher of a kind that never changed: %v, want to go on waiting", err)
	}
	from := s.Version() - window
	w := must[*Watcher[*corev1.Pod]](t)(s.Pods.Watch(from))
	for want := from + 1; want <= s.Version(); want++ {
		if event, err := w.Next(ended()); err != nil || event.Version != want {
			t.Fatalf("event %d, %v; want %d", event.Version, err, want)
		}
	}
	if got := len(s.Pods.history.events); got > 2*window {
		t.Errorf("the history holds %d events", got)
	}
}

// TestConcurrentWritersAndWatchersAgree lets writers change pods at random while watchers rebuild the collection from a
// list and the events after it; at the end each has what the store has.
func TestConcurrentWritersAndWatchersAgree(t *testing.T) {
	const writers, watchers, changes = 4, 4, 400
	s := New(uint64(time.Now().UnixMilli()))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	var writing, watching sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 0))
			for i := range changes {
				name := fmt.Sprint(random.IntN(10))
				switch random.IntN(4) {
				case 0:
					s.Pods.Create(pod("default", name))
				case 1:
					s.Pods.Delete(key(name), nil)
				default:
					s.Pods.Update(key(name), setPhase(corev1.PodPhase(fmt.Sprintf("%d-%d", n, i))))
				}
			}
		})
	}
	seen := make([]map[types.NamespacedName]*corev1.Pod, watchers)
	for n := range watchers {
		seen[n] = map[types.NamespacedName]*corev1.Pod{}
		watching.Go(func() { follow(ctx, t, s, seen[n]) })
	}
	writing.Wait()
	cancel()
	watching.Wait()

	pods, _ := s.Pods.List("")
	for n, objects := range seen {
		if len(objects) != len(pods) {
			t.Errorf("watcher %d holds %d pods, the store %d", n, len(objects), len(pods))
		}
		for _, p := range pods {
			if objects[KeyOf(p)] != p {
				t.Errorf("watcher %d holds %v, the store %v", n, objects[KeyOf(p)], p)
			}
		}
	}
}

// follow keeps objects as the store has them until the context ends, starting over when it is too slow.
func follow(ctx context.Context, t *testing.T, s *Store, objects map[types.NamespacedName]*corev1.Pod) {
	for {
		clear(objects)
		pods, version := s.Pods.List("")
		for _, p := range pods {
			objects[KeyOf(p)] = p
		}
		w, err := s.Pods.Watch(version)
		for err == nil {
			var event Event[*corev1.Pod]
			if event, err = w.Next(ctx); err != nil {
				break
			}
			if event.Version <= version {
				t.Errorf("version %d after %d", event.Version, version)
			}
			version = event.Version
			if event.Type == watch.Deleted {
				delete(objects, KeyOf(event.Object))
			} else {
				objects[KeyOf(event.Object)] = event.Object
			}
		}
		if !apierrors.IsResourceExpired(err) {
			return
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := New(1)
	s.Pods.Create(pod("default", "a"))
	for i := range b.N {
		s.Pods.Update(key("a"), setPhase(corev1.PodPhase(fmt.Sprint(i))))
	}
}
