package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/opencontainers/go-digest"
)

// ImageBuild makes an image that is told from others by what it is made from and by its labels. It has no name yet.
func (c *Client) ImageBuild(ctx context.Context, content io.Reader, options build.ImageBuildOptions) (build.ImageBuildResponse, error) {
	if err := c.enter(ctx, "ImageBuild", ""); err != nil {
		return build.ImageBuildResponse{}, err
	}
	made, err := io.ReadAll(content)
	if err != nil {
		return build.ImageBuildResponse{}, err
	}
	id := digest.FromBytes(fmt.Append(made, options.Labels)).String()
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	c.machine.images[id] = Image{ID: id, Labels: options.Labels}
	answer := fmt.Sprintf(`{"stream":"Step 1/1 : FROM scratch\n"}{"aux":{"ID":%q}}`, id)
	return build.ImageBuildResponse{Body: io.NopCloser(bytes.NewBufferString(answer))}, nil
}

// ImageTag gives an image a name.
func (c *Client) ImageTag(ctx context.Context, id, ref string) error {
	if err := c.enter(ctx, "ImageTag", ref); err != nil {
		return err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.image(id)
	if err == nil {
		c.machine.addImage(ref, found)
	}
	return err
}

// ImageList tells about the images with names that have the labels of the filter.
func (c *Client) ImageList(ctx context.Context, options image.ListOptions) ([]image.Summary, error) {
	if err := c.enter(ctx, "ImageList", ""); err != nil {
		return nil, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	byID := map[string]*image.Summary{}
	for ref, i := range c.machine.images {
		if ref == i.ID || !options.Filters.MatchKVList("label", i.Labels) {
			continue
		}
		if byID[i.ID] == nil {
			byID[i.ID] = &image.Summary{ID: i.ID, Labels: i.Labels}
		}
		byID[i.ID].RepoTags = append(byID[i.ID].RepoTags, ref)
	}
	var list []image.Summary
	for _, i := range byID {
		list = append(list, *i)
	}
	return list, nil
}

// ImageRemove removes an image by a name, unless a container was made from it.
func (c *Client) ImageRemove(ctx context.Context, ref string, _ image.RemoveOptions) ([]image.DeleteResponse, error) {
	if err := c.enter(ctx, "ImageRemove", ref); err != nil {
		return nil, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, ok := c.machine.images[normalized(ref)]
	if !ok {
		return nil, fmt.Errorf("no such image: %s: %w", ref, errdefs.ErrNotFound)
	}
	for _, other := range c.machine.containers {
		if other.imageID == found.ID {
			return nil, fmt.Errorf("conflict: unable to remove %s: container %s is using it: %w", ref, other.id, errdefs.ErrConflict)
		}
	}
	delete(c.machine.images, normalized(ref))
	delete(c.machine.images, found.ID)
	return nil, nil
}
