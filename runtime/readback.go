package runtime

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/podsim/podsim/runtime/engine"
)

// getFile reads one file of a container.
func getFile(ctx context.Context, e engine.Engine, containerID, path string) ([]byte, error) {
	_, content, err := getEntry(ctx, e, containerID, path, math.MaxInt64)
	return content, err
}

// getEntry tells what lies at a path of a container, and reads the first bytes of it up to the limit if it is a file. A link at the end
// of the path is not followed; those before it are, within the container.
func getEntry(ctx context.Context, e engine.Engine, containerID, path string, limit int64) (*tar.Header, []byte, error) {
	stream, _, err := e.CopyFromContainer(ctx, containerID, path)
	if err != nil {
		return nil, nil, err
	}
	defer stream.Close()
	r := tar.NewReader(stream)
	header, err := r.Next()
	if err != nil {
		return nil, nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	content, err := io.ReadAll(io.LimitReader(r, limit))
	return header, content, err
}

// copyEntry copies the content of a file of a container. A link at the end of the path is not followed, and has none.
func copyEntry(ctx context.Context, e engine.Engine, containerID, path string, to io.Writer) error {
	stream, _, err := e.CopyFromContainer(ctx, containerID, path)
	if err != nil {
		return err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	r := tar.NewReader(stream)
	if _, err := r.Next(); err != nil {
		return fmt.Errorf("unpacking %s: %w", path, err)
	}
	_, err = io.Copy(to, r)
	return err
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
