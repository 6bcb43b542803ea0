package runtime

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/uuid"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/event"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/kept"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/runtime/store"
)

// NodeName is the name under which the node shows itself (S1.3.1).
const NodeName = "podsim"

// Options of a node.
type Options struct {
	// ID tells this node's containers, volumes and networks from those of other nodes on the same engine. Required.
	ID string
	// MaxRestartBackoff caps the crash back-off (S5.10); 0 means 300 s.
	MaxRestartBackoff time.Duration
	// Log bounds the logs of containers; the zero value is a kubelet's limits (S10.42).
	Log instance.LogLimits
	// FeatureGates are those that were set; the others are as in Kubernetes v1.37 (S0).
	FeatureGates podspec.FeatureGates
	// VolumeUpdateDelay is how long a change of a ConfigMap, a Secret or a pod's metadata waits until volumes show it. A kubelet takes 60
	// to 90 s (S11.24); 0 means at once.
	VolumeUpdateDelay time.Duration
	// EngineHost is where the engine is, as DOCKER_HOST would say it, and Dial whether pods are reached directly or through their
	// sandbox; the zero value finds out (D10).
	EngineHost string
	Dial       network.DialMode
	// Network is the name or the id of a network of the engine that pods join, unless their annotation network.AnnotationNetwork names
	// another. Empty, each namespace has a network of its own.
	Network string
	// SeccompDir has the Localhost seccomp profiles of the node, as /var/lib/kubelet/seccomp does elsewhere (S12.10).
	SeccompDir string
	// Keychain has the user's own credentials for registries; nil has none.
	Keychain authn.Keychain
	// MaxParallelImagePulls is how many images are pulled at a time, by all pods together; 0 sets no limit. A kubelet's default is 1, and
	// then each is pulled when its container's turn has come (S14.7).
	MaxParallelImagePulls int
	// Platform is what images are to be for, such as "linux/amd64"; "" leaves it to the engine, which prefers its own.
	Platform string
	// PullProgress is called with how far the pulls of images are, from several goroutines and without waiting; nil is not.
	PullProgress func(PullProgress)
	// IdleTimeout ends the node this long after its last pod is gone and its last request answered; 0 means never.
	IdleTimeout time.Duration
	// TokenKeyFile is where the key is, or is made when one is needed, that signs the tokens of service accounts. Empty, there are none.
	TokenKeyFile string
	// StateDir is the directory of the node's lease, which remembers its TCP port (see package endpoint); "" when there can be none.
	StateDir string
	// Listen is the address of the loopback interface to serve the API on beside the socket, such as endpoint.AnyPort. Empty, it is the
	// one that StateDir remembers, if it does and that is free, or none until a client asks for access.
	Listen string
	// ClusterAPI has new pods reach the API as those of a cluster do: at the address of the Service "kubernetes", with credentials in each
	// container. It needs StateDir and TokenKeyFile.
	ClusterAPI bool
	// RBAC has requests to the API authorized by the roles and bindings of the store, as they are, too, when pods are found that were begun
	// like that; else everybody who is known may do everything.
	RBAC bool
	// Identity is what clients on the socket are told of the process.
	Identity endpoint.Identity
	// Logger of the node's own troubles; nil discards them.
	Logger *slog.Logger
}

// Node runs pods on one engine. Make one with NewNode and run it with Run.
type Node struct {
	engine     engine.Engine
	facts      engine.Facts
	options    Options
	store      *store.Store
	recorder   *event.Recorder
	networks   *network.Networks
	logReaders *logReaders
	samples    sampler
	log        *slog.Logger
	ready      chan struct{}
	dial       network.Dial // instead of dialing into pods; nil but in tests

	pulls    chan struct{} // holds one for each pull that runs; nil if there is no limit
	accounts accounts
	oomScore oomScore
	disk     diskSize
	services *serviceTables
	tokens   *tokens
	router   *router
	api      *clusterAPI
	keeper   *kept.Keeper // nil without a state directory
	rbac     atomic.Bool  // roles and bindings decide what clients may do
	// admitting is held while a pod gets its ports of the machine.
	admitting sync.Mutex
	// claiming is held while the claims of volumes are made, and while one goes with its volume.
	claiming sync.Mutex
	// adoptedServices are the versions of the records that the Services of namespaces were adopted from.
	adoptedServices map[string]uint64
	// adoptedTrustBundles is the version of the record that the bundles of trust anchors were adopted from.
	adoptedTrustBundles uint64

	mu      sync.Mutex
	ctx     context.Context // of Run; nil before
	workers map[types.UID]*worker
	wg      sync.WaitGroup
}

// NewNode returns a node on the engine. It does nothing before Run.
func NewNode(e engine.Engine, options Options) *Node {
	log := options.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var pulls chan struct{}
	if options.MaxParallelImagePulls > 0 {
		pulls = make(chan struct{}, options.MaxParallelImagePulls)
	}
	objects := store.New(uint64(time.Now().UnixMilli()))
	kubeapi.CreateNamespaces(objects)
	kubeapi.CreatePolicy(objects)
	createAPIService(objects)
	n := &Node{
		engine:     e,
		options:    options,
		store:      objects,
		recorder:   event.NewRecorder(eventSink{objects.Events}, NodeName, clock.RealClock{}, log),
		networks:   network.NewNetworks(e),
		disk:       newDiskSize(),
		logReaders: newLogReaders(),
		samples:    sampler{newest: map[string]sample{}},
		pulls:      pulls,
		log:        log,
		ready:      make(chan struct{}),
		workers:    map[types.UID]*worker{},
		services:   newServiceTables(objects),
		tokens:     newTokens(options),
		api:        &clusterAPI{stateDir: options.StateDir},

		adoptedServices: map[string]uint64{},
	}
	n.router, n.keeper = newRouter(n), newKeeper(n)
	n.rbac.Store(options.RBAC)
	return n
}

// createAPIService gives a new store the Service that every cluster has.
func createAPIService(into *store.Store) {
	service := podspec.APIService()
	service.UID, service.CreationTimestamp = types.UID(uuid.NewString()), metav1.Now().Rfc3339Copy()
	_, _ = into.Services.Create(service) // the store is empty
}

// Ready is closed once the node has adopted what it found and accepts pods.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Empty reports whether the node has no pods.
func (n *Node) Empty() bool {
	pods, _ := n.store.Pods.List("")
	return len(pods) == 0
}

var _ kubeapi.Node = (*Node)(nil)

// CreatePod accepts a pod that was defaulted and validated: it becomes an object of the store and gets a worker. The error is one of
// the API's: AlreadyExists when the name is taken, Invalid when there is no network as the pod is to join, ServiceUnavailable when the node is shutting down.
func (n *Node) CreatePod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	if err := n.checkNetwork(ctx, pod); err != nil {
		return nil, err
	}
	pod = pod.DeepCopy()
	now := metav1.Now().Rfc3339Copy()
	pod.UID = types.UID(uuid.NewString())
	pod.CreationTimestamp = now
	pod.Generation = 1
	pod.ResourceVersion = ""
	pod.Spec.NodeName = NodeName
	pod.Status = corev1.PodStatus{
		Phase:    corev1.PodPending,
		QOSClass: podspec.QOSClass(pod),
		Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: now, ObservedGeneration: 1,
		}},
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx == nil || n.ctx.Err() != nil {
		return nil, apierrors.NewServiceUnavailable("the node is shutting down; try again")
	}
	created, err := n.store.Pods.Create(pod)
	if err != nil {
		return nil, err
	}
	n.recorder.Scheduled(created)
	n.startWorker(newWorker(n, created))
	return created, nil
}

// startWorker runs the worker in a goroutine of its own. The caller holds the lock.
func (n *Node) startWorker(w *worker) {
	n.workers[w.uid] = w
	n.wg.Go(func() {
		w.run(n.ctx)
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.workers, w.uid)
	})
}

// worker returns the worker of a pod, nil if it has none.
func (n *Node) worker(uid types.UID) *worker {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.workers[uid]
}

// DeletePod asks for a pod's graceful end (S8A). The pod is gone from the store when everything of it was removed. A second call can
// only shorten the grace period (S8.2).
func (n *Node) DeletePod(_ context.Context, namespace, name string, options *metav1.DeleteOptions) (*corev1.Pod, error) {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	pod, err := n.store.Pods.Update(key, func(pod *corev1.Pod) error {
		if options != nil {
			if err := n.store.Pods.CheckPreconditions(pod, options.Preconditions); err != nil {
				return err
			}
		}
		markDeleted(pod, options, time.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w := n.worker(pod.UID); w != nil {
		w.deleted(pod)
	}
	return pod, nil
}

// markDeleted sets the deletion fields of a pod: the time of deletion lies a grace period ahead (S8.1). Of a pod that is being deleted
// a shorter period only brings that time forward, and no period asks for nothing new (S8.2).
func markDeleted(pod *corev1.Pod, options *metav1.DeleteOptions, now time.Time) {
	var asked *int64
	if options != nil {
		asked = options.GracePeriodSeconds
	}
	grace := int64(corev1.DefaultTerminationGracePeriodSeconds)
	switch {
	case status.Terminal(pod.Status.Phase):
		grace = 0
	case asked != nil && *asked < 0:
		grace = 1
	case asked != nil:
		grace = *asked
	case pod.DeletionTimestamp != nil:
		return
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		grace = *pod.Spec.TerminationGracePeriodSeconds
	}
	at := now.Add(time.Duration(grace) * time.Second)
	if pod.DeletionTimestamp == nil {
		pod.Generation++
	} else {
		shorter := time.Duration(*pod.DeletionGracePeriodSeconds-grace) * time.Second
		if shorter <= 0 {
			return
		}
		if at = pod.DeletionTimestamp.Add(-shorter); at.Before(now) {
			at = now
		}
	}
	deletion := metav1.NewTime(at).Rfc3339Copy()
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &deletion, &grace
}

// eventSink stores events in the node's store.
type eventSink struct {
	events *store.Collection[*corev1.Event]
}

func (s eventSink) Create(e *corev1.Event) error {
	_, err := s.events.Create(e)
	return err
}

func (s eventSink) Replace(e *corev1.Event) error {
	_, err := s.events.Update(store.KeyOf(e), func(old *corev1.Event) error {
		old.Count, old.LastTimestamp, old.Message = e.Count, e.LastTimestamp, e.Message
		return nil
	})
	if apierrors.IsNotFound(err) {
		return s.Create(e)
	}
	return err
}

// objects lets podspec and volumes look up what pods refer to.
type objects struct {
	store  *store.Store
	tokens *tokens
}

func (n *Node) objects() objects { return objects{n.store, n.tokens} }

// ConfigMap returns the named ConfigMap, or false.
func (o objects) ConfigMap(namespace, name string) (*corev1.ConfigMap, bool) {
	found, err := o.store.ConfigMaps.Get(types.NamespacedName{Namespace: namespace, Name: name})
	return found, err == nil
}

// TrustBundles returns all bundles of trust anchors.
func (o objects) TrustBundles() []*certificatesv1.ClusterTrustBundle {
	all, _ := o.store.TrustBundles.List("")
	return all
}

// Secret returns the named Secret, or false.
func (o objects) Secret(namespace, name string) (*corev1.Secret, bool) {
	found, err := o.store.Secrets.Get(types.NamespacedName{Namespace: namespace, Name: name})
	return found, err == nil
}
