package network

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-cmp/cmp"
)

// imageEngine is an engine that has some images and answers every load with the same words.
type imageEngine struct {
	has    map[string]bool
	answer string
	loaded []byte
}

func (e *imageEngine) ImageInspect(_ context.Context, ref string, _ ...client.ImageInspectOption) (image.InspectResponse, error) {
	if e.has[ref] {
		return image.InspectResponse{}, nil
	}
	return image.InspectResponse{}, fmt.Errorf("no such image: %s: %w", ref, errdefs.ErrNotFound)
}

func (e *imageEngine) ImageLoad(_ context.Context, archive io.Reader, _ ...client.ImageLoadOption) (image.LoadResponse, error) {
	e.loaded, _ = io.ReadAll(archive)
	return image.LoadResponse{Body: io.NopCloser(strings.NewReader(e.answer))}, nil
}

func TestTheAgentImageIsLoadedOnce(t *testing.T) {
	engine := &imageEngine{has: map[string]bool{}, answer: `{"stream":"Loaded image"}` + "\n"}
	ref, err := EnsureAgentImage(t.Context(), engine, "x86_64")
	if err != nil {
		t.Fatal(err)
	}
	if len(engine.loaded) == 0 {
		t.Fatal("nothing was loaded")
	}

	engine = &imageEngine{has: map[string]bool{ref: true}}
	again, err := EnsureAgentImage(t.Context(), engine, "amd64")
	if err != nil || again != ref {
		t.Errorf("got %q and error %v, want %q", again, err, ref)
	}
	if engine.loaded != nil {
		t.Error("an image that the engine has was loaded again")
	}
}

func TestAFailureInsideTheAnswerToALoadIsAnError(t *testing.T) {
	engine := &imageEngine{answer: `{"stream":"x"}` + "\n" + `{"error":"no space left on device"}` + "\n"}
	_, err := EnsureAgentImage(t.Context(), engine, "amd64")
	if err == nil || !strings.HasSuffix(err.Error(), "into the engine: no space left on device") {
		t.Errorf("got %v", err)
	}
}

func TestOtherArchitecturesAreRefused(t *testing.T) {
	_, err := EnsureAgentImage(t.Context(), &imageEngine{}, "riscv64")
	if err == nil || err.Error() != "podsim has no agent for engines on riscv64: only amd64 and arm64 are supported" {
		t.Errorf("got %v", err)
	}
}

func TestTheImageHoldsTheAgentAndItsMountPoints(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			img, err := newAgentImage(arch)
			if err != nil {
				t.Fatal(err)
			}
			archive, err := img.archive()
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := img.archive(); !bytes.Equal(archive, again) {
				t.Error("the image is not reproducible")
			}
			files := untar(t, archive)
			var manifest []struct {
				Config   string
				RepoTags []string
				Layers   []string
			}
			if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{img.ref}, manifest[0].RepoTags); diff != "" {
				t.Error(diff)
			}
			var config struct{ Architecture, OS string }
			if err := json.Unmarshal(files[manifest[0].Config], &config); err != nil || config.Architecture != arch || config.OS != "linux" {
				t.Errorf("config is for %s/%s, error %v", config.OS, config.Architecture, err)
			}
			layer := untar(t, files[manifest[0].Layers[0]])
			for _, name := range []string{"podsim/volumes/", "podsim/meta/", "podsim/secrets/", "host/", "podsim/agent"} {
				if _, ok := layer[name]; !ok {
					t.Errorf("the image has no %s", name)
				}
			}
			if !bytes.HasPrefix(layer["podsim/agent"], []byte("\x7fELF")) {
				t.Error("the agent is not a Linux program")
			}
		})
	}
}

func untar(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = content
	}
}
