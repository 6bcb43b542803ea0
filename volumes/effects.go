package volumes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	enginevolume "github.com/docker/docker/api/types/volume"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
)

// FillEngine is the piece of the engine that Fill needs.
type FillEngine interface {
	CopyToContainer(ctx context.Context, containerID, path string, content io.Reader, options container.CopyToContainerOptions) error
}

// VolumeEngine is the piece of the engine that Remove and RemoveClaim need.
type VolumeEngine interface {
	VolumeList(ctx context.Context, options enginevolume.ListOptions) (enginevolume.ListResponse, error)
	VolumeRemove(ctx context.Context, name string, force bool) error
}

// Fill unpacks an archive into the volumes of a sandbox. The sandbox must be running: memory volumes lose what is in
// them when nothing has them mounted.
func Fill(ctx context.Context, engine FillEngine, sandboxID string, archive *Archive) error {
	content, err := archive.Reader()
	if err != nil {
		return fmt.Errorf("building the content of the volumes: %w", err)
	}
	if err := engine.CopyToContainer(ctx, sandboxID, network.Root, content, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("filling the volumes: %w", err)
	}
	return nil
}

// OwnClaims gives the content of the pod's claims to its fsGroup (S11H), which all other volumes have from Write. It
// does nothing for a pod without an fsGroup, and leaves claims alone that the pod may only read.
func OwnClaims(ctx context.Context, engine network.ExecEngine, sandboxID string, p *Plan) error {
	gid := p.fsGroup()
	if gid == nil {
		return nil
	}
	policy := string(corev1.FSGroupChangeAlways)
	if change := p.pod.Spec.SecurityContext.FSGroupChangePolicy; change != nil {
		policy = string(*change)
	}
	verb := []string{"own", strconv.FormatInt(*gid, 10), policy}
	named := len(verb)
	for _, v := range p.volumes {
		if v.claim && !v.readOnly {
			verb = append(verb, v.engine.target)
		}
	}
	if len(verb) == named {
		return nil
	}
	if _, err := network.CallAgent(ctx, engine, sandboxID, nil, verb...); err != nil {
		return fmt.Errorf("applying fsGroup %d to claims: %w", *gid, err)
	}
	return nil
}

// Remove removes the engine volumes of a pod, except those of claims. No container may use them any more. Volumes that
// are gone already are no error.
func Remove(ctx context.Context, engine VolumeEngine, podUID string) error {
	return removeLabelled(ctx, engine, network.LabelPodUID+"="+podUID)
}

// RemoveClaim removes the engine volume of a claim and all that is in it. A claim that no pod has used has none, which
// is no error.
func RemoveClaim(ctx context.Context, engine VolumeEngine, namespace, claim string) error {
	return removeLabelled(ctx, engine, network.LabelNamespace+"="+namespace, LabelClaim+"="+claim)
}

// removeLabelled removes the volumes that podsim made and that have all of the labels.
func removeLabelled(ctx context.Context, engine VolumeEngine, labels ...string) error {
	args := filters.NewArgs(filters.Arg("label", network.LabelManaged+"=true"))
	for _, label := range labels {
		args.Add("label", label)
	}
	list, err := engine.VolumeList(ctx, enginevolume.ListOptions{Filters: args})
	if err != nil {
		return fmt.Errorf("listing volumes: %w", err)
	}
	failures := make([]error, len(list.Volumes))
	var removals sync.WaitGroup
	for i, v := range list.Volumes {
		removals.Go(func() {
			if err := engine.VolumeRemove(ctx, v.Name, false); err != nil && !errdefs.IsNotFound(err) {
				failures[i] = fmt.Errorf("removing volume %s: %w", v.Name, err)
			}
		})
	}
	removals.Wait()
	return errors.Join(failures...)
}
