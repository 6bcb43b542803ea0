package runtime

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/store"
)

// world is a machine with a node on it, in a bubble of virtual time.
type world struct {
	*testing.T
	machine *enginetest.Engine
	options Options
	begun   time.Time

	node   *Node
	client *enginetest.Client
	stop   context.CancelFunc
	ended  chan struct{}

	created map[string]*corev1.Pod
	deleted map[string][]deletion
	wanted  map[string][]wantedImage // by container, oldest first
	crashes []time.Time

	// trouble is how much later than it should a thing may happen because the engine is slow or fails.
	trouble                     time.Duration
	books                       map[string]*book
	checkedSteps, checkedSights int

	mu   sync.Mutex
	seen []sight // what the nodes published, in order
}

// deletion is a deletion that was asked for.
type deletion struct {
	at    time.Time
	grace time.Duration
	// forgotten: the node crashed before the next one could know of it.
	forgotten bool
}

// sight is a pod as it was published.
type sight struct {
	at  time.Time
	pod *corev1.Pod
}

// inWorld runs a story on a new machine that has the image busybox:1.36. At the end the node is stopped.
func inWorld(t *testing.T, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, machine: enginetest.New(), begun: time.Now(), options: Options{ID: "node"},
			trouble: 20 * time.Second,
			created: map[string]*corev1.Pod{}, deleted: map[string][]deletion{}, wanted: map[string][]wantedImage{}, books: map[string]*book{}}
		w.machine.AddImage("busybox:1.36", enginetest.Image{})
		w.boot()
		defer func() {
			w.crash()
			w.machine.PowerOff()
		}()
		story(w)
	})
}

// boot starts a node. One that could not look at the engine ended with an error, and is started again as a user would.
func (w *world) boot() {
	w.Helper()
	var err error
	for range 3 {
		if err = w.tryToBoot(); err == nil {
			return
		}
	}
	w.Fatalf("starting the node: %v", err)
}

func (w *world) tryToBoot() error {
	ctx, stop := context.WithCancel(context.Background())
	w.client, w.stop, w.ended = w.machine.Connect(), stop, make(chan struct{})
	w.node = NewNode(w.client, w.options)
	w.node.dial = w.machine.Dial
	watcher, err := w.node.store.Pods.Watch(w.node.store.Version())
	if err != nil {
		return err
	}
	go w.watch(ctx, watcher, w.client)
	node, ended := w.node, w.ended
	go func() {
		defer close(ended)
		err = node.Run(ctx, newQuietListener())
	}()
	select {
	case <-w.node.Ready():
		return nil
	case <-ended:
		stop()
		return err
	}
}

// crash ends the node as SIGKILL does: nothing that it does afterwards reaches the engine.
func (w *world) crash() {
	w.crashes = append(w.crashes, time.Now())
	w.client.Cut()
	w.stop()
	<-w.ended
}

// watch collects what a node publishes as long as its process lives.
func (w *world) watch(ctx context.Context, watcher *store.Watcher[*corev1.Pod], client *enginetest.Client) {
	for {
		event, err := watcher.Next(ctx)
		if err != nil {
			return
		}
		select {
		case <-client.Dead():
			return
		default:
		}
		w.mu.Lock()
		w.seen = append(w.seen, sight{time.Now(), event.Object})
		w.mu.Unlock()
	}
}

// sights are the published states of a pod so far.
func (w *world) sights(name string) []sight {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.seen), func(s sight) bool { return s.pod.Name != name })
}

// newSights are the published states of all pods that were not asked for before.
func (w *world) newSights() []sight {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := slices.Clone(w.seen[w.checkedSights:])
	w.checkedSights = len(w.seen)
	return fresh
}

// create creates the pod of a manifest.
func (w *world) create(text string) {
	w.Helper()
	loaded, err := manifest.Load(w.Context(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text)})
	if err != nil {
		w.Fatal(err)
	}
	for _, pod := range loaded.Pods {
		w.createPod(pod)
	}
}

// createPod creates a defaulted pod.
func (w *world) createPod(pod *corev1.Pod) {
	w.Helper()
	created, err := w.node.CreatePod(w.Context(), pod)
	if err != nil {
		w.Fatal(err)
	}
	w.created[pod.Name] = created
}

// delete asks for a pod's deletion with a grace period in seconds; a negative one leaves it to the pod.
func (w *world) delete(name string, grace int64) {
	w.Helper()
	options := &metav1.DeleteOptions{}
	if grace >= 0 {
		options.GracePeriodSeconds = &grace
	}
	pod, err := w.node.DeletePod(w.Context(), "default", name, options)
	if err != nil {
		w.Fatal(err)
	}
	w.deleted[name] = append(w.deleted[name], deletion{at: time.Now(), grace: time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second})
}

// pod is a pod as it is published now; nil if there is none.
func (w *world) pod(name string) *corev1.Pod {
	synctest.Wait()
	pod, err := w.node.store.Pods.Get(types.NamespacedName{Namespace: "default", Name: name})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return pod
}

// await lets time pass until the pod is as wanted, an hour at most. The pod is nil once it is gone.
func (w *world) await(name, what string, wanted func(*corev1.Pod) bool) {
	w.Helper()
	for limit := time.Now().Add(time.Hour); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		if wanted(w.pod(name)) {
			return
		}
	}
	w.Fatalf("after an hour %s is not %s but %+v\n%s", name, what, w.pod(name), w.timeline())
}

func (w *world) awaitPhase(name string, phase corev1.PodPhase) {
	w.Helper()
	w.await(name, string(phase), func(pod *corev1.Pod) bool { return pod != nil && pod.Status.Phase == phase })
}

func (w *world) awaitGone(name string) {
	w.Helper()
	w.await(name, "gone", func(pod *corev1.Pod) bool { return pod == nil })
}

// takes lets every call of a method of the engine take a while.
func (w *world) takes(method string, d time.Duration) {
	w.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
		if call.Method == method {
			pause.For(ctx, d)
		}
		return nil
	})
}

// timeline tells what the engine's containers did, sandboxes and the making and removing of containers left out, as
// "10s started main 1". Seconds count from the beginning of the world.
func (w *world) timeline() []string {
	synctest.Wait()
	var lines []string
	for _, s := range w.machine.History() {
		if s.Container == network.SandboxContainer || s.Action != enginetest.Started && s.Action != enginetest.Signalled && s.Action != enginetest.Exited {
			continue
		}
		lines = append(lines, fmt.Sprintf("%v %v", s.At.Sub(w.begun), s))
	}
	return lines
}

// startTimes are when the instances of a container were started, from the beginning of the world.
func (w *world) startTimes(container string) []time.Duration {
	synctest.Wait()
	var times []time.Duration
	for _, s := range w.machine.History() {
		if s.Container == container && s.Action == enginetest.Started {
			times = append(times, s.At.Sub(w.begun))
		}
	}
	return times
}

// sandboxes are the ids of the sandboxes that were started so far.
func (w *world) sandboxes() []string {
	synctest.Wait()
	var ids []string
	for _, s := range w.machine.History() {
		if s.Container == network.SandboxContainer && s.Action == enginetest.Started {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// wantNothingLeft checks that nothing is on the engine.
func (w *world) wantNothingLeft() {
	w.Helper()
	synctest.Wait()
	if left := w.machine.Left(); len(left) > 0 {
		w.Errorf("left on the engine:\n%s", strings.Join(left, "\n"))
	}
}

// quietListener is a listener that nobody connects to.
type quietListener struct {
	once   sync.Once
	closed chan struct{}
}

func newQuietListener() *quietListener { return &quietListener{closed: make(chan struct{})} }

func (l *quietListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

func (l *quietListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *quietListener) Addr() net.Addr { return &net.UnixAddr{Name: "quiet", Net: "unix"} }
