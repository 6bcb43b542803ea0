package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
)

// place finds where a path of a container is kept: in one of its volumes, or in itself. The caller holds the lock.
func (e *Engine) place(c *fakeContainer, at string) (files map[string]fakeFile, key string) {
	files, key = c.files, at
	longest := 0
	for _, m := range c.host.Mounts {
		if m.Type == mount.TypeVolume && len(m.Target) > longest && (at == m.Target || strings.HasPrefix(at, m.Target+"/")) {
			files, key, longest = e.volumes[m.Source].files, strings.TrimPrefix(at, m.Target), len(m.Target)
		}
	}
	return files, path.Join("/", key)
}

// CopyToContainer unpacks the regular files of an archive. Directories and links are not kept.
func (c *Client) CopyToContainer(ctx context.Context, id, dir string, content io.Reader, _ container.CopyToContainerOptions) error {
	if err := c.enter(ctx, "CopyToContainer", dir); err != nil {
		return err
	}
	unpacked := map[string]fakeFile{}
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.Join(err, errdefs.ErrInvalidArgument)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		file := make([]byte, header.Size)
		if _, err := io.ReadFull(r, file); err != nil {
			return errors.Join(err, errdefs.ErrInvalidArgument)
		}
		unpacked[path.Join(dir, header.Name)] = fakeFile{file, header.ModTime}
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return err
	}
	for at, file := range unpacked {
		files, key := e.place(found, at)
		files[key] = file
	}
	if !found.running() {
		e.dropMemory()
	}
	e.record(found, Filled, dir)
	return nil
}

// ContainerStatPath tells what lies at a path: a file, or nothing, for directories are not kept.
func (c *Client) ContainerStatPath(ctx context.Context, id, at string) (container.PathStat, error) {
	if err := c.enter(ctx, "ContainerStatPath", at); err != nil {
		return container.PathStat{}, err
	}
	file, ok := c.machine.file(id, at)
	if !ok {
		return container.PathStat{}, fmt.Errorf("could not find the file %s in container %s: %w", at, id, errdefs.ErrNotFound)
	}
	return container.PathStat{Name: path.Base(at), Size: int64(len(file.content)), Mode: 0o600, Mtime: file.written}, nil
}

// CopyFromContainer packs a file, or with "/." at the end of the path all files below a directory.
func (c *Client) CopyFromContainer(ctx context.Context, id, from string) (io.ReadCloser, container.PathStat, error) {
	if err := c.enter(ctx, "CopyFromContainer", from); err != nil {
		return nil, container.PathStat{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return nil, container.PathStat{}, err
	}
	at, isDirectory := strings.CutSuffix(from, "/.")
	files, key := e.place(found, at)
	picked := map[string][]byte{}
	if isDirectory {
		for name, file := range files {
			if below, ok := strings.CutPrefix(name, strings.TrimSuffix(key, "/")+"/"); ok {
				picked["./"+below] = file.content
			}
		}
	} else if file, ok := files[key]; ok {
		picked[path.Base(at)] = file.content
	} else {
		return nil, container.PathStat{}, fmt.Errorf("could not find the file %s in container %s: %w", from, id, errdefs.ErrNotFound)
	}
	packed, err := pack(picked)
	return io.NopCloser(packed), container.PathStat{Name: path.Base(at)}, err
}

func pack(files map[string][]byte) (io.Reader, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])), Typeflag: tar.TypeReg, ModTime: time.Now()}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	return &out, w.Close()
}

// ReadFile returns a file of a container, by its id.
func (e *Engine) ReadFile(id, at string) ([]byte, bool) {
	file, ok := e.file(id, at)
	return file.content, ok
}

// WriteFile has something in a container, by its id, write a file.
func (e *Engine) WriteFile(id, at string, content []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return err
	}
	files, key := e.place(found, at)
	files[key] = fakeFile{content, time.Now()}
	return nil
}

func (e *Engine) file(id, at string) (fakeFile, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return fakeFile{}, false
	}
	files, key := e.place(found, at)
	file, ok := files[key]
	return file, ok
}
