package kubeapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	manyPods     = 200
	manyWatchers = 1000
	// heapBound is what the API, its clients and all that they exchange may take together, in bytes.
	heapBound = 200 << 20
)

// TestAThousandWatchers all see everything, and leave nothing behind.
func TestAThousandWatchers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	api := serve(t)
	for i := range manyPods {
		api.havePod(fmt.Sprintf("p-%d", i))
	}
	clients := api.clients()
	before := runtime.NumGoroutine()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	begun := make(chan struct{}, manyWatchers)
	var watching errgroup.Group
	for range manyWatchers {
		watching.Go(func() error {
			watcher, err := clients.CoreV1().Pods("").Watch(ctx, metav1.ListOptions{})
			if err != nil {
				begun <- struct{}{}
				return err
			}
			defer watcher.Stop()
			seen := 0
			for event := range watcher.ResultChan() {
				pod, ok := event.Object.(*corev1.Pod)
				switch {
				case !ok:
					return fmt.Errorf("%s: %+v", event.Type, event.Object)
				case event.Type == watch.Added:
					if seen++; seen == manyPods {
						begun <- struct{}{}
					}
				case event.Type == watch.Modified && pod.Labels["last"] != "":
					return nil
				}
			}
			return fmt.Errorf("the watch ended after %d pods", seen)
		})
	}
	for range manyWatchers {
		<-begun
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > heapBound {
		t.Errorf("%d MB of memory are in use", memory.HeapAlloc>>20)
	}
	if _, err := api.store.Pods.Update(types.NamespacedName{Namespace: "default", Name: "p-7"}, func(pod *corev1.Pod) error {
		pod.Labels = map[string]string{"last": "yes"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := watching.Wait(); err != nil {
		t.Error(err)
	}
	api.awaitGoroutines(before)
	t.Logf("%d watchers of %d pods: %d MB", manyWatchers, manyPods, memory.HeapAlloc>>20)
}

func BenchmarkListing200Pods(b *testing.B) {
	for name, accept := range map[string]string{"json": "application/json", "protobuf": "application/vnd.kubernetes.protobuf", "table": tableMedia} {
		b.Run(name, func(b *testing.B) {
			api := serve(b)
			for i := range manyPods {
				api.havePod(fmt.Sprintf("p-%d", i))
			}
			for b.Loop() {
				response := api.do(http.MethodGet, "/api/v1/pods", "", "Accept", accept)
				if size, err := io.Copy(io.Discard, response.Body); err != nil || size < 10_000 {
					b.Fatal(size, err)
				}
				response.Body.Close()
			}
		})
	}
}
