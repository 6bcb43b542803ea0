package runtime

import (
	"archive/tar"
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/podsim/podsim/podspec"
)

const (
	// maxVolumeFile is how large a file of a volume may be that is read for variables, in bytes. A kubelet has no such limit, but the
	// kernel takes far less as a process's environment.
	maxVolumeFile = 1 << 20
	// maxLinks is how many links a path may lead through, so that links in a circle come to an end.
	maxLinks = 255
)

// volumeFile reads a regular file of a volume of the pod, as the pod's sandbox has it (S9.22).
func (w *worker) volumeFile(ctx context.Context, volume, name string) ([]byte, error) {
	root, ok := w.volumes.plan.SandboxPath(volume)
	if !ok {
		return nil, podspec.ErrNoVolume
	}
	return readBelow(root, name, func(at string) (*tar.Header, []byte, error) {
		return getEntry(ctx, w.node.engine, w.state.Sandbox.ID, at, maxVolumeFile)
	})
}

// readBelow reads a regular file below a directory. Links are followed as if the directory were the root of all files, so that none
// leads out of it. That is why each part of the path is looked at by itself: look, given a longer path, follows the links in it its own
// way. It returns what lies at a path, and the content if that is a file, cut if it is too large.
func readBelow(root, name string, look func(at string) (*tar.Header, []byte, error)) ([]byte, error) {
	at, parts := "/", strings.Split(name, "/")
	for links := 0; len(parts) > 0; {
		at, parts = path.Join(at, parts[0]), parts[1:]
		found, content, err := look(path.Join(root, at))
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", at, err)
		case found.Typeflag == tar.TypeDir:
		case found.Typeflag == tar.TypeSymlink && links == maxLinks:
			return nil, fmt.Errorf("reading %s: too many levels of symbolic links", name)
		case found.Typeflag == tar.TypeSymlink:
			links++
			parts = append(strings.Split(found.Linkname, "/"), parts...)
			at = path.Dir(at)
			if path.IsAbs(found.Linkname) {
				at = "/"
			}
		case found.Typeflag != tar.TypeReg || len(parts) > 0:
			return nil, fmt.Errorf("reading %s: %s is not a regular file or a directory on the way to one", name, at)
		case found.Size > maxVolumeFile:
			return nil, fmt.Errorf("reading %s: it has %d bytes, more than %d", name, found.Size, maxVolumeFile)
		default:
			return content, nil
		}
	}
	return nil, fmt.Errorf("reading %s: it is a directory", name)
}
