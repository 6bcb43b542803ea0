package volumes

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	corev1 "k8s.io/api/core/v1"
)

const (
	// imageDir is where the engine volume of an image volume has the image's files, so that what podsim notes of them lies beside them.
	imageDir = "image"
	// imageFilled is a file that holds the id of the image whose files are all there.
	imageFilled = "filled"
	// imageRootMode is the mode of the root of an image's file system, and of the directory beside it.
	imageRootMode = 0o755
)

// newImage is a volume with the files of an image, which nobody can write to (S11.46). They are copied into a volume of the pod, because
// engines before 28 cannot mount an image.
func newImage(pod *corev1.Pod, source *corev1.Volume, node Node) volume {
	v := ownVolume(pod, node, source.Name, imageRootMode, nil)
	v.readOnly, v.image = true, true
	return v
}

// ImageEngine is the piece of the engine that FillImage needs.
type ImageEngine interface {
	ImageSave(ctx context.Context, images []string, opts ...client.ImageSaveOption) (io.ReadCloser, error)
	ContainerStatPath(ctx context.Context, containerID, path string) (container.PathStat, error)
	CopyToContainer(ctx context.Context, containerID, path string, content io.Reader, options container.CopyToContainerOptions) error
}

// FillImage puts the files of an image, by the engine's id, into the image volume of that name, unless they are there already. A volume
// that no container mounts is left alone. The image passes through this process, by way of a temporary file.
func FillImage(ctx context.Context, engine ImageEngine, sandboxID string, p *Plan, name, imageID string) error {
	v, ok := p.volume(name)
	if !ok || !v.image {
		return nil
	}
	_, err := engine.ContainerStatPath(ctx, sandboxID, path.Join(v.engine.target, imageFilled))
	if err == nil {
		return nil
	}
	if !errdefs.IsNotFound(err) {
		return fmt.Errorf("looking at volume %q: %w", name, err)
	}
	if err := copyImage(ctx, engine, sandboxID, v.root(), imageID); err != nil {
		return fmt.Errorf("filling volume %q with the files of its image: %w", name, err)
	}
	if err := noteFilled(ctx, engine, sandboxID, v.engine.target, imageID); err != nil {
		return fmt.Errorf("noting what volume %q holds: %w", name, err)
	}
	return nil
}

// noteFilled notes beside the files which image's they are.
func noteFilled(ctx context.Context, engine ImageEngine, sandboxID, dir, imageID string) error {
	note := NewArchive(time.Now())
	if err := note.file(imageFilled, 0o444, 0, 0, []byte(imageID)); err != nil {
		return err
	}
	content, err := note.Reader()
	if err != nil {
		return err
	}
	return engine.CopyToContainer(ctx, sandboxID, dir, content, container.CopyToContainerOptions{})
}

// copyImage unpacks all layers of an image into a directory of a sandbox. It asks for that from the root on, as an engine refuses links
// that lead out of the directory that it is asked to unpack into.
func copyImage(ctx context.Context, engine ImageEngine, sandboxID, dir, imageID string) error {
	saved, err := save(ctx, engine, imageID)
	if err != nil {
		return err
	}
	defer saved.discard()
	image, err := tarball.Image(saved.open, nil)
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	var flattening sync.WaitGroup
	defer flattening.Wait()
	files, to := io.Pipe()
	defer files.Close()
	flattening.Go(func() { to.CloseWithError(flatten(layers, strings.TrimPrefix(dir, "/"), to)) })
	return engine.CopyToContainer(ctx, sandboxID, "/", files, container.CopyToContainerOptions{})
}

// temporary is a file that nobody else needs.
type temporary struct {
	*os.File
	named bool // an open file cannot be without a name here
}

// newTemporary is an empty file. It has no name already, where a file can be without, so that it goes with this process.
func newTemporary() (temporary, error) {
	file, err := os.CreateTemp("", "podsim-image-*.tar")
	if err != nil {
		return temporary{}, err
	}
	return temporary{file, os.Remove(file.Name()) != nil}, nil
}

// open reads the file from its beginning.
func (t temporary) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(t, 0, math.MaxInt64)), nil
}

// discard removes the file.
func (t temporary) discard() {
	t.Close()
	if t.named {
		_ = os.Remove(t.Name()) // nothing can be done about it
	}
}

// save writes an image into a temporary file.
func save(ctx context.Context, engine ImageEngine, imageID string) (temporary, error) {
	from, err := engine.ImageSave(ctx, []string{imageID})
	if err != nil {
		return temporary{}, err
	}
	defer from.Close()
	to, err := newTemporary()
	if err != nil {
		return temporary{}, err
	}
	if _, err = io.Copy(to, from); err != nil {
		to.discard()
	}
	return to, err
}
