package network

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ImageEngine is the piece of the engine that EnsureAgentImage needs.
type ImageEngine interface {
	ImageInspect(ctx context.Context, ref string, options ...client.ImageInspectOption) (image.InspectResponse, error)
	ImageLoad(ctx context.Context, archive io.Reader, options ...client.ImageLoadOption) (image.LoadResponse, error)
}

// EnsureAgentImage makes sure that the engine has the image of sandboxes and helpers, and returns its reference. arch
// is the engine's architecture in Go's words ("amd64", "arm64") or the kernel's ("x86_64", "aarch64"). Nothing is
// pulled: the image is loaded from podsim itself, under a tag that is the hash of its content.
func EnsureAgentImage(ctx context.Context, engine ImageEngine, arch string) (ref string, err error) {
	img, err := agentImageOf(arch)
	if err != nil {
		return "", err
	}
	_, err = engine.ImageInspect(ctx, img.ref)
	if err == nil {
		return img.ref, nil
	}
	if !errdefs.IsNotFound(err) {
		return "", fmt.Errorf("looking for the sandbox image %s: %w", img.ref, err)
	}
	archive, err := img.archive()
	if err != nil {
		return "", fmt.Errorf("building the sandbox image: %w", err)
	}
	if err := load(ctx, engine, archive); err != nil {
		return "", fmt.Errorf("loading the sandbox image %s into the engine: %w", img.ref, err)
	}
	return img.ref, nil
}

// load sends an image archive to the engine and reads the answer, in which a failure may be hidden.
func load(ctx context.Context, engine ImageEngine, archive []byte) error {
	response, err := engine.ImageLoad(ctx, bytes.NewReader(archive))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answers := json.NewDecoder(response.Body)
	for {
		var answer struct {
			Error string `json:"error"`
		}
		err := answers.Decode(&answer)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if answer.Error != "" {
			return errors.New(answer.Error)
		}
	}
}

// agentImage is the image of one architecture, before its program is unpacked.
type agentImage struct {
	ref         string
	program     []byte // gzipped
	directories []string
	pause       string        // another name of the program
	config      ocispec.Image // without the layer
}

// agentImageOf is the image for an architecture in Go's words or the kernel's.
func agentImageOf(arch string) (*agentImage, error) {
	switch arch {
	case "amd64", "x86_64":
		return amd64Image()
	case "arm64", "aarch64":
		return arm64Image()
	default:
		return newAgentImage(arch)
	}
}

// An image follows from what is embedded, and to hash that takes a while: it is done once.
var (
	amd64Image = sync.OnceValues(func() (*agentImage, error) { return newAgentImage("amd64") })
	arm64Image = sync.OnceValues(func() (*agentImage, error) { return newAgentImage("arm64") })
)

func newAgentImage(arch string) (*agentImage, error) {
	program, err := gzippedAgent(arch)
	if err != nil {
		return nil, err
	}
	img := &agentImage{
		program:     program,
		directories: []string{Root, VolumesDir, MetaDir, SecretsDir, hostDir},
		pause:       PausePath,
		config: ocispec.Image{
			Platform: ocispec.Platform{Architecture: arch, OS: "linux"},
			Config: ocispec.ImageConfig{
				Entrypoint: []string{AgentPath},
				Labels:     map[string]string{LabelManaged: "true"},
			},
		},
	}
	description, err := json.Marshal(struct {
		Directories []string
		Pause       string
		Config      ocispec.Image
	}{img.directories, img.pause, img.config})
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	hash.Write(description)
	hash.Write(program)
	img.ref = "podsim-agent:" + hex.EncodeToString(hash.Sum(nil))[:16]
	return img, nil
}

// archive returns the image as `docker save` would write it. Equal images give equal bytes.
func (img *agentImage) archive() ([]byte, error) {
	layer, err := img.layer()
	if err != nil {
		return nil, err
	}
	config := img.config
	config.RootFS = ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}}
	configFile, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	configName := digest.FromBytes(configFile).Encoded() + ".json"
	manifest, err := json.Marshal([]struct {
		Config   string
		RepoTags []string
		Layers   []string
	}{{configName, []string{img.ref}, []string{"layer.tar"}}})
	if err != nil {
		return nil, err
	}
	return tarOf(
		entry{name: "layer.tar", mode: 0o644, content: layer},
		entry{name: configName, mode: 0o644, content: configFile},
		entry{name: "manifest.json", mode: 0o644, content: manifest},
	)
}

// layer returns the tar of the image's root file system.
func (img *agentImage) layer() ([]byte, error) {
	program, err := gunzip(img.program)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, dir := range img.directories {
		entries = append(entries, entry{name: dir[1:] + "/", mode: 0o755, directory: true})
	}
	return tarOf(append(entries,
		entry{name: AgentPath[1:], mode: 0o755, content: program},
		entry{name: img.pause[1:], mode: 0o777, link: AgentPath},
	)...)
}

// entry is a file or directory of a tar, owned by root.
type entry struct {
	name      string
	mode      int64
	directory bool
	link      string // the target of a symbolic link
	content   []byte
}

func tarOf(entries ...entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: time.Unix(0, 0)}
		switch {
		case e.directory:
			header.Typeflag = tar.TypeDir
		case e.link != "":
			header.Typeflag, header.Linkname = tar.TypeSymlink, e.link
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
