package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

// Built is an image that was built here.
type Built struct {
	Ref string
	For Container
}

// Unused are the images built here that no container was made from, whether it runs or not, sorted by name.
func Unused(ctx context.Context, e Engine) ([]Built, error) {
	found, err := e.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", Label))})
	if err != nil {
		return nil, fmt.Errorf("listing the images that podsim built: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	containers, err := e.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("listing containers: %w", err)
	}
	var unused []Built
	for _, i := range found {
		of, ok := parse(i.Labels[Label])
		used := slices.ContainsFunc(containers, func(c container.Summary) bool { return c.ImageID == i.ID })
		if !ok || used {
			continue
		}
		for _, ref := range i.RepoTags {
			if strings.HasPrefix(ref, of.Repository()+":") { // else somebody made it from one that was built here, or named it himself
				unused = append(unused, Built{ref, of})
			}
		}
	}
	slices.SortFunc(unused, func(a, b Built) int { return strings.Compare(a.Ref, b.Ref) })
	return unused, nil
}

// Remove removes the image, and those of its layers that no other image has. One that is used after all, or gone already, is no error.
func (b Built) Remove(ctx context.Context, e Engine) error {
	_, err := e.ImageRemove(ctx, b.Ref, image.RemoveOptions{PruneChildren: true})
	if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// RemoveOlder removes the images of a container that are not in use, but for the newest.
func RemoveOlder(ctx context.Context, e Engine, c Container, newest string) error {
	unused, err := Unused(ctx, e)
	if err != nil {
		return err
	}
	for _, b := range unused {
		if b.For != c || b.Ref == newest {
			continue
		}
		if err := b.Remove(ctx, e); err != nil {
			return fmt.Errorf("removing %s: %w", b.Ref, err)
		}
	}
	return nil
}
