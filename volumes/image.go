package volumes

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
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

// copyImage unpacks all layers of an image into a directory of a sandbox.
func copyImage(ctx context.Context, engine ImageEngine, sandboxID, dir, imageID string) error {
	saved, err := save(ctx, engine, imageID)
	if err != nil {
		return err
	}
	defer os.Remove(saved)
	image, err := tarball.ImageFromPath(saved, nil)
	if err != nil {
		return err
	}
	files := mutate.Extract(image)
	defer files.Close()
	return engine.CopyToContainer(ctx, sandboxID, dir, files, container.CopyToContainerOptions{})
}

// save writes an image into a new temporary file.
func save(ctx context.Context, engine ImageEngine, imageID string) (file string, err error) {
	from, err := engine.ImageSave(ctx, []string{imageID})
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.CreateTemp("", "podsim-image-*.tar")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(to.Name())
		return "", err
	}
	return to.Name(), nil
}
