package podtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
)

// clusterLease is a lock that this process holds as long as it has something on clusters. It is of the kind that nodes have, and what the
// process makes on a cluster carries two labels: which directory the lock is in, and which lock it is. Others, on this machine or not, may
// have a directory of the same name in the same place of another file system, so that a directory goes by what a file in it says.
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
		if err := sweepCluster(ctx, where, c.labels[labelOwner], c.parent); err != nil {
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
		if err != nil {
			return err
		}
		owner, err := ownerOnClusters(c.parent)
		if err != nil {
			return errors.Join(err, held.Close())
		}
		c.held, c.labels = held, map[string]string{labelOwner: owner, labelNode: runtime.NodeID(dir)}
		return nil
	}
}

// ownerFile says who the owner is on clusters of what the processes make whose locks are in the same directory. It stays there for the next
// ones.
const ownerFile = "podtest-owner"

// ownerOnClusters reads it, or makes it up.
func ownerOnClusters(parent string) (string, error) {
	path := filepath.Join(parent, ownerFile)
	if err := writeOnce(path, randomName(32)); err != nil {
		return "", err
	}
	owner, err := os.ReadFile(path)
	return string(owner), err
}

// writeOnce makes a file, whole, unless there is one.
func writeOnce(path, content string) error {
	draft := path + "-" + randomName(directoryRandom)
	if err := os.WriteFile(draft, []byte(content), 0o600); err != nil {
		return err
	}
	err := os.Link(draft, path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(draft))
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

// sweepTime bounds how long a test waits until what killed ones left has been told to go. How long that takes then is the cluster's affair.
const sweepTime = 20 * time.Second

// sweepCluster has the namespaces go that killed processes have left on a cluster, with all that is in them.
func sweepCluster(ctx context.Context, where target, owner, parent string) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	own := labels.SelectorFromSet(labels.Set{labelOwner: owner})
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
		if !alive[namespace.Labels[labelNode]] && namespace.DeletionTimestamp == nil {
			err = errors.Join(err, (&space{target: where, namespace: namespace.Name}).end(ctx))
		}
	}
	return err
}
