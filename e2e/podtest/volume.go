package podtest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/volumes"
)

// ReadFile reads a file of one of the pod's volumes, whether containers run or not. The path is one in the volume; links in it are
// followed. A file that is not there is an fs.ErrNotExist; a volume that no container mounts is another error.
func (p *Pod) ReadFile(volume, name string) []byte {
	p.t.Helper()
	return result(p, func(ctx context.Context) ([]byte, error) { return p.ReadFileContext(ctx, volume, name) })
}

// ReadFileContext is ReadFile with a context.
func (p *Pod) ReadFileContext(ctx context.Context, volume, name string) ([]byte, error) {
	content, err := p.readFile(ctx, volume, name)
	if err != nil {
		return nil, p.failed(ctx, fmt.Sprintf("reading %s of its volume %s", name, volume), err)
	}
	return content, nil
}

// mostLinks is how many links of a path are followed.
const mostLinks = 20

func (p *Pod) readFile(ctx context.Context, volume, name string) ([]byte, error) {
	v, err := p.volume(ctx, "ReadFile", volume)
	if err != nil {
		return nil, err
	}
	name = path.Join("/", name)
	for range mostLinks {
		var content []byte
		var header *tar.Header
		err := v.archive(ctx, name, func(h *tar.Header, r io.Reader) (err error) {
			if header == nil {
				header = h
				content, err = io.ReadAll(r)
			}
			return err
		})
		switch {
		case err != nil:
			return nil, err
		case header.Typeflag == tar.TypeReg:
			return content, nil
		case header.Typeflag != tar.TypeSymlink:
			return nil, errors.New("it is not a file")
		case path.IsAbs(header.Linkname):
			return nil, fmt.Errorf("it is a link to %s, which is outside of the volume", header.Linkname)
		}
		name = path.Join(path.Dir(name), header.Linkname)
	}
	return nil, errors.New("there are too many links")
}

// WriteFile writes a file of one of the pod's volumes, in place of one of that name, with the directories that it takes. The file is
// root's and has the mode 0644, or keeps the owner and the mode of the one before.
func (p *Pod) WriteFile(volume, name string, content []byte) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.WriteFileContext(ctx, volume, name, content) })
}

// WriteFileContext is WriteFile with a context.
func (p *Pod) WriteFileContext(ctx context.Context, volume, name string, content []byte) error {
	if err := p.writeFile(ctx, volume, name, content); err != nil {
		return p.failed(ctx, fmt.Sprintf("writing %s to its volume %s", name, volume), err)
	}
	return nil
}

func (p *Pod) writeFile(ctx context.Context, volume, name string, content []byte) error {
	v, err := p.volume(ctx, "WriteFile", volume)
	if err != nil {
		return err
	}
	name = path.Join("/", name)
	header := &tar.Header{Mode: 0o644}
	err = v.archive(ctx, name, func(h *tar.Header, _ io.Reader) error {
		if h.Typeflag != tar.TypeReg {
			return errors.New("it is not a file")
		}
		header = &tar.Header{Mode: h.Mode, Uid: h.Uid, Gid: h.Gid}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	header.Typeflag, header.Name, header.Size, header.ModTime = tar.TypeReg, strings.TrimPrefix(name, "/"), int64(len(content)), time.Now()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return p.space.node.Engine.CopyToContainer(ctx, v.sandbox, v.root, &archive, container.CopyToContainerOptions{})
}

// Walk visits what one of the pod's volumes holds, directories before what is in them: it looks first and visits then, so that visit may
// take its time and do with the pod what it likes. A path is one in the volume, such as logs/app.log. An error of visit ends the walk; with
// fs.SkipDir and fs.SkipAll it goes on without the rest of a directory, or ends well, as with fs.WalkDir.
func (p *Pod) Walk(volume string, visit func(path string, info fs.FileInfo) error) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.WalkContext(ctx, volume, visit) })
}

// WalkContext is Walk with a context.
func (p *Pod) WalkContext(ctx context.Context, volume string, visit func(path string, info fs.FileInfo) error) error {
	if err := p.walk(ctx, volume, visit); err != nil {
		return p.failed(ctx, "walking through its volume "+volume, err)
	}
	return nil
}

func (p *Pod) walk(ctx context.Context, volume string, visit func(path string, info fs.FileInfo) error) error {
	v, err := p.volume(ctx, "Walk", volume)
	if err != nil {
		return err
	}
	var found []entry
	err = v.archive(ctx, "/.", func(h *tar.Header, _ io.Reader) error {
		if name := path.Clean(strings.TrimPrefix(h.Name, "./")); name != "." {
			found = append(found, entry{name, h.FileInfo()})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return visitEach(found, func(path string, info fs.FileInfo) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return visit(path, info)
	})
}

// entry is something that a volume holds.
type entry struct {
	path string
	info fs.FileInfo
}

// visitEach visits what a volume holds, but for what visit skips with fs.SkipDir and fs.SkipAll.
func visitEach(found []entry, visit func(path string, info fs.FileInfo) error) error {
	var skipped []string // directories
	for _, e := range found {
		if slices.ContainsFunc(skipped, func(dir string) bool { return dir == "." || strings.HasPrefix(e.path, dir+"/") }) {
			continue
		}
		switch err := visit(e.path, e.info); {
		case err == fs.SkipAll:
			return nil
		case err == fs.SkipDir && e.info.IsDir():
			skipped = append(skipped, e.path)
		case err == fs.SkipDir:
			skipped = append(skipped, path.Dir(e.path))
		case err != nil:
			return err
		}
	}
	return nil
}

// sandboxVolume is a volume as the pod's sandbox has it.
type sandboxVolume struct {
	pod     *Pod
	sandbox string // the container
	root    string // the volume's directory in it
}

// volume finds a volume of the pod for a method.
func (p *Pod) volume(ctx context.Context, method, name string) (sandboxVolume, error) {
	if p.space.node == nil {
		return sandboxVolume{}, &NeedsEngineError{What: method}
	}
	var names []string
	root := network.VolumesDir + "/" + name
	for _, v := range p.created.Spec.Volumes {
		names = append(names, v.Name)
		switch {
		case v.Name != name:
		case v.HostPath != nil:
			return sandboxVolume{}, fmt.Errorf("it is the machine's directory %s", v.HostPath.Path)
		case !volumes.Mounted(p.created)[name]:
			return sandboxVolume{}, errors.New("no container mounts it")
		default:
			sandbox, err := p.sandbox(ctx)
			return sandboxVolume{p, sandbox, root}, err
		}
	}
	return sandboxVolume{}, fmt.Errorf("there is no such volume; the pod has %s", strings.Join(names, ", "))
}

// sandbox is the id of the pod's newest sandbox.
func (p *Pod) sandbox(ctx context.Context) (string, error) {
	found, err := p.space.node.Engine.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("label", network.LabelPodUID+"="+string(p.created.UID)), filters.Arg("label", network.LabelType+"="+network.TypeSandbox))})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("the pod has no sandbox, which would have it")
	}
	return found[0].ID, nil // the engine lists the newest first
}

// archive hands what there is at a path of the volume to visit, first itself, then what is in it if it is a directory. Until visit has seen
// all, the engine does nothing else with the sandbox: visit must not wait for anything.
func (v sandboxVolume) archive(ctx context.Context, name string, visit func(*tar.Header, io.Reader) error) error {
	content, _, err := v.pod.space.node.Engine.CopyFromContainer(ctx, v.sandbox, v.root+name)
	if errdefs.IsNotFound(err) {
		return fs.ErrNotExist
	}
	if err != nil {
		return err
	}
	defer content.Close()
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(header, archive); err != nil {
			return err
		}
	}
}
