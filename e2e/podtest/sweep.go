package podtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernetwork "github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
)

// A node of a test keeps its lock in a directory of its own, as long as its process lives, and puts these labels on all that it makes:
// whose such nodes are, and which one it is. What has the first of this user on this machine, and the second of a node that has no lock,
// was left by a process that was killed.
const (
	labelOwner = "podsim.io/podtest"
	labelNode  = "podsim.io/podtest.node"
)

// The directories of nodes have names of this form, and hold a lock of this name. PODSIM_STATE_DIR may be a directory that others use, too.
const (
	directoryPrefix = "podtest-"
	directoryRandom = 8
	lockName        = "node.lock"
)

var directoryName = regexp.MustCompile(fmt.Sprintf("^%s[0-9a-f]{%d}$", directoryPrefix, directoryRandom))

func newDirectory(parent string) string {
	return filepath.Join(parent, directoryPrefix+randomName(directoryRandom))
}

// ownerOf is the owner of the nodes whose directories are in parent.
func ownerOf(parent string) string { return runtime.NodeID(filepath.Join(parent, directoryPrefix)) }

func ownLabels(parent, dir string) map[string]string {
	return map[string]string{labelOwner: ownerOf(parent), labelNode: runtime.NodeID(dir)}
}

// sweep removes what killed processes have left: on the engine, and of their state directories in parent.
func sweep(ctx context.Context, host, parent string) error {
	docker, err := engine.Connect(ctx, host)
	if err != nil {
		return err
	}
	defer docker.Close()
	found, err := findLeft(ctx, docker, ownerOf(parent)) // before the locks: what a node made then, it has or had one
	if err != nil {
		return fmt.Errorf("looking for what killed tests left on the engine: %w", err)
	}
	alive, dead, err := lookAtLocks(parent)
	if err == nil {
		err = found.remove(ctx, docker, alive)
	}
	for _, lease := range dead {
		err = errors.Join(err, lease.Close())
	}
	if err != nil {
		return fmt.Errorf("removing what killed tests left: %w", err)
	}
	return nil
}

// lookAtLocks tells the ids of the nodes that live, and takes the leases of those that do not.
func lookAtLocks(parent string) (alive map[string]bool, dead []*endpoint.Lease, err error) {
	alive = map[string]bool{}
	dirs, err := nodeDirectories(parent)
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range dirs {
		lease, leaseErr := endpoint.Acquire(dir)
		switch {
		case errors.Is(leaseErr, endpoint.ErrHeld):
			alive[runtime.NodeID(dir)] = true
		case leaseErr != nil:
			err = errors.Join(err, leaseErr)
		default:
			dead = append(dead, lease)
			err = errors.Join(err, emptyDirectory(dir))
		}
	}
	return alive, dead, err
}

// nodeDirectories are the directories in parent that nodes of tests have, or had when their processes were killed.
func nodeDirectories(parent string) ([]string, error) {
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var dirs []string
	for _, entry := range entries {
		dir := filepath.Join(parent, entry.Name())
		if !entry.IsDir() || !directoryName.MatchString(entry.Name()) {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, lockName)); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs, err
}

// emptyDirectory removes what a lease does not take with it.
func emptyDirectory(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); name != lockName && name != "node.sock" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
		}
	}
	return err
}

// left is what tests of this user, living or dead, have on the engine.
type left struct {
	containers []container.Summary
	volumes    []*volume.Volume
	networks   []dockernetwork.Summary
}

func findLeft(ctx context.Context, docker engine.Engine, owner string) (left, error) {
	own := filters.NewArgs(filters.Arg("label", labelOwner+"="+owner))
	containers, err := docker.ContainerList(ctx, container.ListOptions{All: true, Filters: own})
	if err != nil {
		return left{}, err
	}
	volumes, err := docker.VolumeList(ctx, volume.ListOptions{Filters: own})
	if err != nil {
		return left{}, err
	}
	networks, err := docker.NetworkList(ctx, dockernetwork.ListOptions{Filters: own})
	return left{containers, volumes.Volumes, networks}, err
}

// removals is how many containers are removed at a time.
const removals = 4

// remove removes what belongs to no living node.
func (l left) remove(ctx context.Context, docker engine.Engine, alive map[string]bool) error {
	var containers, others []func() error
	for _, c := range l.containers {
		if !alive[c.Labels[labelNode]] {
			containers = append(containers, func() error {
				return docker.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
			})
		}
	}
	for _, v := range l.volumes {
		if !alive[v.Labels[labelNode]] {
			others = append(others, func() error { return docker.VolumeRemove(ctx, v.Name, true) })
		}
	}
	for _, n := range l.networks {
		if !alive[n.Labels[labelNode]] {
			others = append(others, func() error { return docker.NetworkRemove(ctx, n.ID) })
		}
	}
	return errors.Join(doAll(containers), doAll(others))
}

// doAll does all, some at a time. What is gone already, or being removed by somebody else, is no error.
func doAll(all []func() error) error {
	var working sync.WaitGroup
	turns, errs := make(chan struct{}, removals), make([]error, len(all))
	for i, do := range all {
		turns <- struct{}{}
		working.Go(func() {
			defer func() { <-turns }()
			if err := do(); !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
				errs[i] = err
			}
		})
	}
	working.Wait()
	return errors.Join(errs...)
}
