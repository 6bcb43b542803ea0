package podtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/podsim/podsim/runtime/endpoint"
)

// clusterLease is a lock that this process holds as long as it has something on clusters. It is of the kind that nodes have, and what the
// process makes on a cluster carries the same labels as what a node of a test makes on an engine: whose it is, and of which lock.
type clusterLease struct {
	mu     sync.Mutex
	users  int
	parent string // of the directory of the lock
	held   *endpoint.Lease
	labels map[string]string
	swept  sets.Set[string] // the hosts of clusters where what killed processes left has been removed
}

// clusters is the lease of this process.
var clusters = clusterLease{swept: sets.New[string]()}

// use returns the labels of what the process makes, for a caller who releases the lease. What processes of this user that were killed left
// on the cluster is removed first; warn is told what went wrong with that, as a cluster need not allow it.
func (c *clusterLease) use(ctx context.Context, where target, warn func(error)) (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users == 0 {
		if err := c.acquire(); err != nil {
			return nil, fmt.Errorf("leaving a mark that this process lives: %w", err)
		}
	}
	c.users++
	if host := where.config.Host; !c.swept.Has(host) {
		c.swept.Insert(host)
		if err := sweepCluster(ctx, where, c.parent); err != nil {
			warn(fmt.Errorf("removing what killed tests left on the cluster: %w", err))
		}
	}
	return maps.Clone(c.labels), nil
}

func (c *clusterLease) acquire() error {
	usual, err := endpoint.Directory("")
	if err != nil {
		return err
	}
	c.parent = filepath.Dir(usual)
	for {
		dir := newDirectory(c.parent)
		held, err := endpoint.Acquire(dir)
		if errors.Is(err, endpoint.ErrHeld) { // another run looks whether it was left there
			continue
		}
		c.held, c.labels = held, ownLabels(c.parent, dir)
		return err
	}
}

// release gives the lease up if nobody else uses it.
func (c *clusterLease) release(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 {
		return nil
	}
	return c.held.Close()
}

// sweepCluster removes the namespaces that killed processes have left on a cluster, with all that is in them.
func sweepCluster(ctx context.Context, where target, parent string) error {
	own := labels.SelectorFromSet(labels.Set{labelOwner: ownerOf(parent)})
	found, err := where.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: own.String()}) // before the locks, as in sweep
	if err != nil {
		return err
	}
	alive, dead, err := lookAtLocks(parent)
	for _, lease := range dead {
		err = errors.Join(err, lease.Close())
	}
	if err != nil {
		return err // nobody is taken for dead who may live
	}
	for _, namespace := range found.Items {
		if !alive[namespace.Labels[labelNode]] {
			err = errors.Join(err, (&space{target: where, namespace: namespace.Name}).remove(ctx))
		}
	}
	return err
}
