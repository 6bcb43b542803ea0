package enginetest

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
)

// Image is an image on the engine or in the registry.
type Image struct {
	// ID is made from the reference if it is "".
	ID string
	// User and StopSignal are those of the image's configuration.
	User, StopSignal string
	// Size in bytes.
	Size int64
	// Labels are those of the image.
	Labels map[string]string
	// Architecture is what the image is for; "" is the machine's own, amd64.
	Architecture string
}

// Pull is what the registry has for a reference.
type Pull struct {
	// Takes is how long the pull runs.
	Takes time.Duration
	// Err fails the pull at its end.
	Err error
	// Login is the "user:password" that the registry asks for; "" lets everybody in.
	Login string
	// Image is what is then on the engine.
	Image Image
}

// agentRepository is the repository of the sandbox image, of which every tag is on the engine from the beginning.
const agentRepository = "podsim-agent:"

// AddImage puts an image on the engine.
func (e *Engine) AddImage(ref string, image Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.addImage(ref, image)
}

func (e *Engine) addImage(ref string, image Image) {
	if image.ID == "" {
		image.ID = digest.FromString(ref).String()
	}
	e.images[normalized(ref)] = image
}

// DropImage takes an image off the engine.
func (e *Engine) DropImage(ref string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.images, normalized(ref))
}

// Serve puts an image into the registry, from where it can be pulled.
func (e *Engine) Serve(ref string, pull Pull) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.registry[normalized(ref)] = pull
}

// normalized is the full form of a reference; one that cannot be parsed is left as it is.
func normalized(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ref
	}
	return reference.TagNameOnly(named).String()
}

// image finds an image by reference or id. The caller holds the lock.
func (e *Engine) image(ref string) (Image, error) {
	if found, ok := e.images[normalized(ref)]; ok {
		return found, nil
	}
	for _, found := range e.images {
		if found.ID == ref {
			return found, nil
		}
	}
	if strings.HasPrefix(ref, agentRepository) {
		return Image{ID: digest.FromString(ref).String()}, nil
	}
	return Image{}, fmt.Errorf("no such image: %s: %w", ref, errdefs.ErrNotFound)
}

// ImageInspect tells about an image.
func (c *Client) ImageInspect(ctx context.Context, ref string, _ ...client.ImageInspectOption) (image.InspectResponse, error) {
	if err := c.enter(ctx, "ImageInspect", ref); err != nil {
		return image.InspectResponse{}, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.image(ref)
	if err != nil {
		return image.InspectResponse{}, err
	}
	config := &dockerspec.DockerOCIImageConfig{}
	config.User, config.StopSignal = found.User, found.StopSignal
	return image.InspectResponse{ID: found.ID, Config: config, Architecture: cmp.Or(found.Architecture, "amd64"), Os: "linux", Size: found.Size}, nil
}

// ImagePull pulls an image from the registry. The answer is a stream that ends with the pull; what goes wrong is told in it.
func (c *Client) ImagePull(ctx context.Context, ref string, options image.PullOptions) (io.ReadCloser, error) {
	if err := c.enter(ctx, "ImagePull", ref); err != nil {
		return nil, err
	}
	c.machine.mu.Lock()
	pull, ok := c.machine.registry[normalized(ref)]
	c.machine.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("manifest for %s not found: manifest unknown: %w", ref, errdefs.ErrNotFound)
	}
	if err := logIn(options.RegistryAuth, pull.Login); err != nil {
		return nil, fmt.Errorf("pulling %s: %w", ref, err)
	}
	reader, writer := io.Pipe()
	go func() {
		took := time.NewTimer(pull.Takes)
		defer took.Stop()
		select {
		case <-took.C:
			writer.CloseWithError(c.finishPull(ref, options.Platform, pull, writer))
		case <-ctx.Done():
			writer.CloseWithError(ctx.Err())
		case <-c.dead:
			writer.CloseWithError(ErrConnection)
		}
	}()
	return reader, nil
}

// logIn checks what a pull was given against what the registry asks for. As with a real one, wrong credentials are worse than none.
func logIn(encoded, wanted string) error {
	given, err := registry.DecodeAuthConfig(encoded)
	switch {
	case err != nil:
		return err
	case encoded == "" && wanted == "":
		return nil
	case given.Username == "":
		return fmt.Errorf("no basic auth credentials: %w", errdefs.ErrUnauthenticated)
	case given.Username+":"+given.Password != wanted:
		return fmt.Errorf("unauthorized as %s: %w", given.Username, errdefs.ErrUnauthenticated)
	}
	return nil
}

func (c *Client) finishPull(ref, platform string, pull Pull, to io.Writer) error {
	if pull.Err != nil {
		return json.NewEncoder(to).Encode(map[string]any{
			"error": pull.Err.Error(), "errorDetail": map[string]string{"message": pull.Err.Error()}})
	}
	if pull.Image.Architecture == "" && platform != "" {
		_, pull.Image.Architecture, _ = strings.Cut(platform, "/")
	}
	c.machine.AddImage(ref, pull.Image)
	return json.NewEncoder(to).Encode(map[string]string{"status": "Status: Downloaded newer image for " + ref})
}

// ImageSave writes an image with one file, its name.
func (c *Client) ImageSave(ctx context.Context, images []string, _ ...client.ImageSaveOption) (io.ReadCloser, error) {
	if err := c.enter(ctx, "ImageSave", images[0]); err != nil {
		return nil, err
	}
	saved, err := crane.Image(map[string][]byte{"name": []byte(images[0])})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tarball.Write(name.MustParseReference("saved:latest"), saved, &out); err != nil {
		return nil, err
	}
	return io.NopCloser(&out), nil
}

// ImageLoad takes the images of an archive, by the tags that its manifest names.
func (c *Client) ImageLoad(ctx context.Context, archive io.Reader, _ ...client.ImageLoadOption) (image.LoadResponse, error) {
	if err := c.enter(ctx, "ImageLoad", ""); err != nil {
		return image.LoadResponse{}, err
	}
	for r := tar.NewReader(archive); ; {
		header, err := r.Next()
		if err != nil {
			return image.LoadResponse{}, errors.Join(err, errdefs.ErrInvalidArgument)
		}
		if header.Name != "manifest.json" {
			continue
		}
		var manifest []struct{ RepoTags []string }
		if err := json.NewDecoder(r).Decode(&manifest); err != nil {
			return image.LoadResponse{}, errors.Join(err, errdefs.ErrInvalidArgument)
		}
		for _, m := range manifest {
			for _, ref := range m.RepoTags {
				c.machine.AddImage(ref, Image{})
			}
		}
		return image.LoadResponse{Body: io.NopCloser(strings.NewReader("")), JSON: true}, nil
	}
}
