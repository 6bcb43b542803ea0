package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// entry is a file of an image: a program, a symbolic link, or a directory.
type entry struct {
	name    string // ends in a slash for a directory
	program []byte
	link    string // what a symbolic link points to
}

func (e entry) header() *tar.Header {
	switch {
	case e.link != "":
		return &tar.Header{Typeflag: tar.TypeSymlink, Name: e.name, Linkname: e.link, Mode: 0o777}
	case e.name[len(e.name)-1] == '/':
		return &tar.Header{Typeflag: tar.TypeDir, Name: e.name, Mode: 0o755}
	default:
		return &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: 0o755, Size: int64(len(e.program))}
	}
}

// rootFilesystem is the tar archive of an image's one layer.
func rootFilesystem(entries []entry) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, e := range entries {
		if err := w.WriteHeader(e.header()); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.program); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// pack makes an image of one layer, as a Dockerfile FROM scratch would.
func pack(entries []entry, architecture string, settings v1.Config) (v1.Image, error) {
	layer, err := rootFilesystem(entries)
	if err != nil {
		return nil, err
	}
	return packLayer(layer, architecture, settings)
}

// packLayer makes an image of the layer, a tar archive.
func packLayer(layer []byte, architecture string, settings v1.Config) (v1.Image, error) {
	content, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer)), nil },
		tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, err
	}
	packed, err := mutate.AppendLayers(empty.Image, content)
	if err != nil {
		return nil, err
	}
	config, err := packed.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config = "linux", architecture, settings
	return mutate.ConfigFile(packed, config)
}
