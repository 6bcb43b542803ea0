package podtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/testcontainers/testcontainers-go"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/local"
)

// target is where pods run.
type target struct {
	client kubernetes.Interface
	config *rest.Config
	// node is the node of this process; nil when it is a cluster.
	node *sharedNode
	// marks are labels by which a later run finds what this process leaves on a cluster, should it be killed.
	marks map[string]string
}

// ended is an error when the target can never answer again.
func (t target) ended(context.Context) error {
	if t.node == nil {
		return nil
	}
	select {
	case <-t.node.Ended():
		return fmt.Errorf("podsim's node ended: %w", errors.Join(t.node.Err(), errors.New("it was stopped")))
	default:
		return nil
	}
}

// sharedNode is a node of this process that some tests use.
type sharedNode struct {
	*local.Node
	dir   string
	users int
	// leaveReapers has testcontainers' reapers remove what is left.
	leaveReapers func()
}

// nodes are the nodes of this process, which end when no test uses them any more: nothing tells a package when the last test is over.
// There is one for all tests, and another one for each set of options that belong to a node.
type nodes struct {
	mu  sync.Mutex
	all map[nodeOptions]*nodeSlot

	sweeping sync.Mutex
	swept    bool
}

// nodeSlot is the place of a node with some options. Its lock is held while the node starts or ends, which those wait for who want it.
type nodeSlot struct {
	mu      sync.Mutex
	running *sharedNode
}

// process has the nodes of this process.
var process = nodes{all: map[nodeOptions]*nodeSlot{}}

// slot is the place of the node with these options.
func (n *nodes) slot(options nodeOptions) *nodeSlot {
	n.mu.Lock()
	defer n.mu.Unlock()
	slot := n.all[options]
	if slot == nil {
		slot = &nodeSlot{}
		n.all[options] = slot
	}
	return slot
}

// use returns the node with these options, started if there is none, for a caller who releases it. What runs that were killed left on
// the engine is removed first. warn is told what went wrong with that. The error is an *engine.UnreachableError, wrapped, where there
// is no engine.
func (n *nodes) use(ctx context.Context, options nodeOptions, warn func(error)) (*sharedNode, error) {
	slot := n.slot(options)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.running != nil {
		slot.running.users++
		return slot.running, nil
	}
	host, err := engine.Host("")
	if err != nil {
		return nil, err
	}
	usual, err := endpoint.Directory(host)
	if err != nil {
		return nil, err
	}
	parent := filepath.Dir(usual)
	if err := n.sweepOnce(ctx, host, parent, warn); err != nil {
		return nil, err
	}
	node, err := startNode(ctx, host, parent, options)
	if err != nil {
		return nil, err
	}
	node.users = 1
	slot.running = node
	return node, nil
}

// sweepOnce removes what runs that were killed left, before the first node of the process starts.
func (n *nodes) sweepOnce(ctx context.Context, host, parent string, warn func(error)) error {
	n.sweeping.Lock()
	defer n.sweeping.Unlock()
	if n.swept {
		return nil
	}
	quiet()
	if err := sweep(ctx, host, parent); err != nil {
		if unreachable(err) {
			return err
		}
		warn(err)
	}
	n.swept = true
	return nil
}

// release ends the node if nobody else uses it.
func (n *nodes) release(ctx context.Context, options nodeOptions) error {
	slot := n.slot(options)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	node := slot.running
	if node.users--; node.users > 0 {
		return nil
	}
	slot.running = nil
	defer node.leaveReapers()
	return errors.Join(node.Stop(ctx), os.RemoveAll(node.dir)) // with what would be there for a next node in it
}

// unreachable reports whether there is no engine that podsim can use.
func unreachable(err error) bool {
	var none *engine.UnreachableError
	var old *engine.TooOldError
	return errors.As(err, &none) || errors.As(err, &old)
}

// startNode starts a node in a state directory of its own, beside those of podsim's commands.
func startNode(ctx context.Context, host, parent string, options nodeOptions) (*sharedNode, error) {
	gates, err := podspec.ParseFeatureGates(options.gates)
	if err != nil {
		return nil, err
	}
	for {
		dir := newDirectory(parent)
		labels := ownLabels(parent, dir)
		maps.Copy(labels, testcontainers.GenericLabels())
		node, err := local.Start(ctx, local.Place{Host: host, Dir: dir, Labels: labels}, runtime.Options{
			FeatureGates: gates, MaxRestartBackoff: options.backOff, ClusterAPI: options.api,
		}, nil)
		if errors.Is(err, endpoint.ErrHeld) { // another run looks whether it was left there
			continue
		}
		if err != nil {
			return nil, err
		}
		return &sharedNode{Node: node, dir: dir, leaveReapers: stayWithReapers(node.Engine, host, labels)}, nil
	}
}

// stayWithReapers joins testcontainers' reapers until the function is called that it returns, which ends when that is done.
func stayWithReapers(docker engine.Engine, host string, labels map[string]string) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		joinReapers(ctx, docker, host, labels)
	}()
	return func() {
		cancel()
		<-left
	}
}

// target is how the node's API is reached.
func (n *sharedNode) target() (target, error) {
	config := endpoint.Config(n.dir)
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	return target{client: client, config: config, node: n}, err
}

// randomName is n letters and digits that nobody else has.
func randomName(n int) string {
	bytes := make([]byte, (n+1)/2)
	_, _ = rand.Read(bytes) // it never fails
	return hex.EncodeToString(bytes)[:n]
}
