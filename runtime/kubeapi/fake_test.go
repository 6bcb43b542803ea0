package kubeapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/runtime/token"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	"k8s.io/utils/clock"
	utilexec "k8s.io/utils/exec"
)

// fakeNode does to the store what a node would, and nothing else.
type fakeNode struct {
	store *store.Store
	// logs is the answer to Logs; nil is an empty log.
	logs func(ctx context.Context, options *corev1.PodLogOptions) (io.ReadCloser, error)
	// exec is the answer to Exec; nil echoes stdin and exits 7.
	exec   func(ctx context.Context, options kubeapi.ExecOptions) error
	faults []fault.Fault
	// dialed are the connections into pods that are open.
	dialed sync.WaitGroup
	// serves has where on this machine that is served which pods serve at their addresses, by port.
	serves map[uint16]string
}

// Metrics finds that every container of a pod that runs uses half a processor.
func (n *fakeNode) Metrics(_ context.Context, pods []*corev1.Pod) ([]metrics.PodMetrics, error) {
	var all []metrics.PodMetrics
	for _, pod := range pods {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		m := metrics.PodMetrics{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}}
		for _, c := range pod.Spec.Containers {
			m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: c.Name, Usage: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("3Mi")}})
		}
		all = append(all, m)
	}
	return all, nil
}

func (n *fakeNode) CreatePod(_ context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	pod.UID = uuid.NewUUID()
	pod.CreationTimestamp = metav1.Now().Rfc3339Copy()
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
	return n.store.Pods.Create(pod)
}

// DeletePod removes the pod at once with grace period 0, and else only marks it.
func (n *fakeNode) DeletePod(_ context.Context, namespace, name string, options *metav1.DeleteOptions) (*corev1.Pod, error) {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	if options.GracePeriodSeconds != nil && *options.GracePeriodSeconds == 0 {
		return n.store.Pods.Delete(key, options.Preconditions)
	}
	return n.store.Pods.Update(key, func(pod *corev1.Pod) error {
		if err := n.store.Pods.CheckPreconditions(pod, options.Preconditions); err != nil {
			return err
		}
		at := metav1.Now().Rfc3339Copy()
		pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &at, options.GracePeriodSeconds
		return nil
	})
}

func (n *fakeNode) UpdatePod(_ context.Context, namespace, name string, change func(*corev1.Pod) error) (*corev1.Pod, error) {
	return n.store.Pods.Update(types.NamespacedName{Namespace: namespace, Name: name}, change)
}

// Warnings warns of every pod with the label warn, in its value.
func (n *fakeNode) Warnings(_ context.Context, pod *corev1.Pod) []string {
	if text, ok := pod.Labels["warn"]; ok {
		return []string{text}
	}
	return nil
}

// Faults of a fake node are the one that was injected last.
func (n *fakeNode) Faults(_ context.Context, namespace, name string) ([]fault.Fault, error) {
	if _, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name}); err != nil {
		return nil, err
	}
	return append([]fault.Fault{}, n.faults...), nil
}

func (n *fakeNode) InjectFault(_ context.Context, _, name string, f fault.Fault) (fault.Fault, error) {
	if f.Container == "nobody" {
		return f, apierrors.NewBadRequest("pod " + name + ` has no container "nobody"`)
	}
	f.ID = f.Identify()
	n.faults = []fault.Fault{f}
	return f, nil
}

func (n *fakeNode) ClearFaults(_ context.Context, _, _ string, ids []string) ([]fault.Fault, error) {
	cleared := slices.DeleteFunc(slices.Clone(n.faults), func(f fault.Fault) bool { return len(ids) > 0 && !slices.Contains(ids, f.ID) })
	n.faults = slices.DeleteFunc(n.faults, func(f fault.Fault) bool { return len(ids) == 0 || slices.Contains(ids, f.ID) })
	return append([]fault.Fault{}, cleared...), nil
}

func (n *fakeNode) AdoptClaims(context.Context) error { return nil }

func (n *fakeNode) DeleteClaim(_ context.Context, namespace, name string) error {
	_, err := n.store.Claims.Delete(types.NamespacedName{Namespace: namespace, Name: name}, nil)
	return err
}

func (n *fakeNode) Logs(ctx context.Context, _, name string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	switch {
	case n.logs != nil:
		return n.logs(ctx, options)
	case name == "panics":
		panic("no log for you")
	case name == "not-started":
		return nil, apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is waiting to start: ContainerCreating", options.Container, name))
	case name == "broken":
		return nil, io.ErrUnexpectedEOF
	}
	return io.NopCloser(strings.NewReader("")), nil
}

func (n *fakeNode) Exec(ctx context.Context, _, _ string, options kubeapi.ExecOptions) error {
	if n.exec != nil {
		return n.exec(ctx, options)
	}
	if options.Stdin != nil {
		if _, err := io.Copy(options.Stdout, options.Stdin); err != nil {
			return err
		}
	}
	return fmt.Errorf("running %s in %s: %w", options.Command, options.Container,
		utilexec.CodeExitError{Err: fmt.Errorf("exit status 7"), Code: 7})
}

// Attach answers every line of stdin in capitals, until one says quit; without stdin it says so.
func (n *fakeNode) Attach(ctx context.Context, _, name, container string, streams kubeapi.Streams) error {
	if streams.Stdin == nil {
		_, err := fmt.Fprintf(streams.Stdout, "%s of %s hears nothing", container, name)
		return err
	}
	lines := bufio.NewScanner(streams.Stdin)
	for lines.Scan() && lines.Text() != "quit" {
		if _, err := fmt.Fprintln(streams.Stdout, strings.ToUpper(lines.Text())); err != nil {
			return err
		}
	}
	return lines.Err()
}

// DialPod connects to a port that echoes; port 9 refuses.
func (n *fakeNode) DialPod(_ context.Context, _, _ string, port uint16) (net.Conn, error) {
	if port == 9 {
		return nil, errors.New("failed to connect to localhost:9 inside the pod")
	}
	near, far := net.Pipe()
	n.dialed.Go(func() {
		defer far.Close()
		_, _ = io.Copy(far, far)
	})
	return near, nil
}

// DialPodAddress connects to what serves holds.
func (n *fakeNode) DialPodAddress(ctx context.Context, _, _ string, port uint16) (net.Conn, error) {
	address, ok := n.serves[port]
	if !ok {
		return nil, fmt.Errorf("dial tcp 10.0.0.7:%d: connect: connection refused", port)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// api is the API over an empty store, served on a loopback port.
type api struct {
	*httptest.Server
	t       testing.TB
	store   *store.Store
	node    *fakeNode
	handler *kubeapi.API
	// access is how clients come in over TCP; nil is without TLS.
	access *endpoint.Access
	// ctx is that of all requests; stop ends it, as the end of a node does.
	ctx  context.Context
	stop context.CancelFunc
}

func serve(t testing.TB) *api { return serveWith(t, kubeapi.Config{}) }

func serveWithGates(t testing.TB, gates podspec.FeatureGates) *api {
	t.Helper()
	return serveWith(t, kubeapi.Config{FeatureGates: gates})
}

// serveWith serves what the config says, which is completed.
func serveWith(t testing.TB, config kubeapi.Config) *api {
	t.Helper()
	objects := store.New(uint64(time.Now().UnixMilli()))
	kubeapi.CreateNamespaces(objects)
	node := &fakeNode{store: objects}
	config.Store, config.Node, config.Tokens, config.Clock, config.Log = objects, node, fakeTokens{}, clock.RealClock{}, slog.New(slog.DiscardHandler)
	handler := kubeapi.New(config)
	ctx, stop := context.WithCancel(t.Context())
	server := httptest.NewUnstartedServer(kubeapi.ForAdmin(handler))
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	t.Cleanup(server.Close)
	return &api{Server: server, t: t, store: objects, node: node, handler: handler, ctx: ctx, stop: stop}
}

// config is a client's configuration, with no limit to how fast it asks.
func (a *api) config() *rest.Config {
	a.t.Helper()
	config := &rest.Config{Host: a.URL}
	if a.access != nil {
		var err error
		if config, err = clientcmd.NewDefaultClientConfig(*a.access.Kubeconfig(""), nil).ClientConfig(); err != nil {
			a.t.Fatal(err)
		}
	}
	config.QPS = -1
	return config
}

func (a *api) clients() *kubernetes.Clientset {
	a.t.Helper()
	clients, err := kubernetes.NewForConfig(a.config())
	if err != nil {
		a.t.Fatal(err)
	}
	return clients
}

// havePod puts a running pod with one container, "main", into the store.
func (a *api) havePod(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	a.t.Helper()
	pod := newPod(name)
	pod.UID = uuid.NewUUID()
	pod.CreationTimestamp = metav1.Now().Rfc3339Copy()
	pod.Status.Phase = corev1.PodRunning
	started := true
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{
		{Name: "main", Ready: true, Started: &started, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
	}
	for _, c := range change {
		c(pod)
	}
	pod, err := a.store.Pods.Create(pod)
	if err != nil {
		a.t.Fatal(err)
	}
	return pod
}

// setPod changes a pod of the store.
func (a *api) setPod(name string, change func(*corev1.Pod)) {
	a.t.Helper()
	_, err := a.store.Pods.Update(types.NamespacedName{Namespace: "default", Name: name}, func(pod *corev1.Pod) error {
		change(pod)
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *api) haveEvent(name string, pod *corev1.Pod, reason, message string) {
	a.t.Helper()
	at := metav1.Now().Rfc3339Copy()
	_, err := a.store.Events.Create(&corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, CreationTimestamp: at},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Pod", Namespace: "default", Name: pod.Name, UID: pod.UID, FieldPath: "spec.containers{main}",
		},
		Type: corev1.EventTypeNormal, Reason: reason, Message: message, Count: 1,
		FirstTimestamp: at, LastTimestamp: at, Source: corev1.EventSource{Component: "kubelet"},
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func newPod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       corev1.PodSpec{NodeName: "podsim", Containers: []corev1.Container{{Name: "main", Image: "busybox:1.36"}}},
	}
}

func newConfigMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// haveConfigMap has a client create an empty ConfigMap.
func (a *api) haveConfigMap(namespace, name string) {
	a.t.Helper()
	if _, err := a.clients().CoreV1().ConfigMaps(namespace).Create(a.t.Context(), newConfigMap(name), metav1.CreateOptions{}); err != nil {
		a.t.Fatal(err)
	}
}

// fakeTokens signs by naming the account, and knows what it signed.
type fakeTokens struct{}

func (fakeTokens) SignToken(r token.Request) (string, error) {
	return strings.Join([]string{r.Namespace, r.Account, strings.Join(r.Audiences, ","), r.Lifetime.String()}, "/"), nil
}

// Keys has none that anybody could compute with.
func (fakeTokens) Keys() (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("k"), KeyID: "one", Algorithm: "ES256", Use: "sig"}}}, nil
}

func (fakeTokens) AuthenticateToken(ctx context.Context, signed string) (*authenticator.Response, bool, error) {
	parts := strings.Split(signed, "/")
	if len(parts) != 4 {
		return nil, false, nil
	}
	if parts[3] == "0s" {
		return nil, false, errors.New("service account token has expired")
	}
	wanted, _ := authenticator.AudiencesFrom(ctx)
	who := &user.DefaultInfo{Name: "system:serviceaccount:" + parts[0] + ":" + parts[1], Groups: []string{"system:serviceaccounts"}}
	return &authenticator.Response{User: who, Audiences: wanted.Intersect(strings.Split(parts[2], ","))}, true, nil
}
