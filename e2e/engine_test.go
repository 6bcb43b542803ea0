package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernetwork "github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/build"
)

// things are containers, volumes and networks of the engine, by what identifies them there.
type things struct {
	containers []container.Summary
	volumes    []*volume.Volume
	networks   []dockernetwork.Summary
}

// names are the things in words, sorted.
func (t things) names() []string {
	var out []string
	for _, c := range t.containers {
		out = append(out, fmt.Sprintf("container %s %v", c.ID[:12], c.Names))
	}
	for _, v := range t.volumes {
		out = append(out, "volume "+v.Name)
	}
	for _, n := range t.networks {
		out = append(out, fmt.Sprintf("network %s %s", n.ID[:12], n.Name))
	}
	slices.Sort(out)
	return out
}

// list returns the engine's containers that match one filter, and its volumes and networks that match another.
func (s *suite) list(ctx context.Context, containers, others filters.Args) (found things, err error) {
	if found.containers, err = s.docker.ContainerList(ctx, container.ListOptions{All: true, Filters: containers}); err != nil {
		return found, fmt.Errorf("listing containers: %w", err)
	}
	volumes, err := s.docker.VolumeList(ctx, volume.ListOptions{Filters: others})
	if err != nil {
		return found, fmt.Errorf("listing volumes: %w", err)
	}
	found.volumes = volumes.Volumes
	if found.networks, err = s.docker.NetworkList(ctx, dockernetwork.ListOptions{Filters: others}); err != nil {
		return found, fmt.Errorf("listing networks: %w", err)
	}
	return found, nil
}

// contents is everything that the engine holds, images excepted.
func (s *suite) contents(t *testing.T) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := s.list(ctx, filters.NewArgs(), filters.NewArgs())
	if err != nil {
		t.Fatal(err)
	}
	return found.names()
}

// leftBehind names what the engine holds of a script's namespace.
func (s *suite) leftBehind(namespace string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := s.ofNamespace(ctx, namespace)
	return found.names(), err
}

// ofNamespace returns what the engine holds of a namespace and of those named after it, such as NAMESPACE-other. The helper containers
// of a pod name no namespace and go with the pod's others.
func (s *suite) ofNamespace(ctx context.Context, namespace string) (things, error) {
	found, err := s.list(ctx,
		filters.NewArgs(filters.Arg("label", network.LabelPodUID)),
		filters.NewArgs(filters.Arg("label", network.LabelNamespace)))
	another := func(other string) bool { return other != namespace && !strings.HasPrefix(other, namespace+"-") }
	uids := map[string]bool{}
	for _, c := range found.containers {
		if !another(c.Labels[network.LabelPodNamespace]) {
			uids[c.Labels[network.LabelPodUID]] = true
		}
	}
	found.containers = slices.DeleteFunc(found.containers, func(c container.Summary) bool { return !uids[c.Labels[network.LabelPodUID]] })
	found.volumes = slices.DeleteFunc(found.volumes, func(v *volume.Volume) bool { return another(v.Labels[network.LabelNamespace]) })
	found.networks = slices.DeleteFunc(found.networks, func(n dockernetwork.Summary) bool { return another(n.Labels[network.LabelNamespace]) })
	return found, err
}

// removeAll removes what a script that failed has left of its namespace.
func (s *suite) removeAll(namespace string) error {
	if s.docker == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := s.ofNamespace(ctx, namespace)
	errs := []error{err}
	for _, c := range found.containers {
		errs = append(errs, ignoreNotFound(s.docker.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})))
	}
	for _, v := range found.volumes {
		errs = append(errs, ignoreNotFound(s.docker.VolumeRemove(ctx, v.Name, true)))
	}
	for _, n := range found.networks {
		errs = append(errs, ignoreNotFound(s.docker.NetworkRemove(ctx, n.ID)))
	}
	return errors.Join(append(errs, s.removeBuilds(ctx, namespace))...)
}

// removeBuilds removes the images that were built for pods of a namespace. Those of the last builds stay for the next ones.
func (s *suite) removeBuilds(ctx context.Context, namespace string) error {
	unused, err := build.Unused(ctx, s.docker)
	errs := []error{err}
	for _, b := range unused {
		if b.For.Namespace == namespace {
			errs = append(errs, b.Remove(ctx, s.docker))
		}
	}
	return errors.Join(errs...)
}

func ignoreNotFound(err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// requireSame fails the test when the engine does not hold exactly what it held before.
func requireSame(t *testing.T, before, after []string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the engine does not hold what it held before (-before +after):\n%s", diff)
	}
}
