package runtime

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/podsim/podsim/runtime/engine"
)

// getFile reads one file of a container.
func getFile(ctx context.Context, e engine.Engine, containerID, path string) ([]byte, error) {
	stream, _, err := e.CopyFromContainer(ctx, containerID, path)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	r := tar.NewReader(stream)
	if _, err := r.Next(); err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	return io.ReadAll(r)
}

// getFiles reads all regular files directly in a directory of a container.
func getFiles(ctx context.Context, e engine.Engine, containerID, dir string) (map[string][]byte, error) {
	stream, _, err := e.CopyFromContainer(ctx, containerID, dir+"/.")
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(stream); ; {
		header, err := r.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", dir, err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", header.Name, err)
		}
		files[strings.TrimPrefix(header.Name, "./")] = content
	}
}
