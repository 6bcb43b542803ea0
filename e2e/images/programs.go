package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/podsim/podsim/runtime/engine"
)

// program is a program of this module that scripts run in an image of nothing else.
type program struct {
	name, reference, pkg string
}

var programs = []program{
	{"probetarget", "podsim-probetarget:e2e", "github.com/podsim/podsim/e2e/probetarget"},
	{"controller", "podsim-controller:e2e", "github.com/podsim/podsim/e2e/controller/run"},
}

// ensure builds the program and loads its image, unless the engine has that already.
func (p program) ensure(ctx context.Context, docker engine.Engine, out io.Writer) error {
	facts, err := engine.ReadFacts(ctx, docker)
	if err != nil {
		return err
	}
	content, err := buildProgram(ctx, p.pkg, facts.Arch)
	if err != nil {
		return err
	}
	revision := fmt.Sprintf("%x", sha256.Sum256(content))
	known, err := docker.ImageInspect(ctx, p.reference)
	switch {
	case err != nil && !errdefs.IsNotFound(err):
		return fmt.Errorf("looking for image %s: %w", p.reference, err)
	case err == nil && known.Config != nil && known.Config.Labels[ocispec.AnnotationRevision] == revision:
		return nil
	}
	fmt.Fprintf(out, "building %s\n", p.reference)
	packed, err := p.image(content, revision, facts.Arch)
	if err != nil {
		return fmt.Errorf("packing %s: %w", p.name, err)
	}
	return load(ctx, docker, p.reference, packed)
}

func (p program) image(content []byte, revision, architecture string) (v1.Image, error) {
	return pack([]entry{{name: p.name, program: content}}, architecture, v1.Config{
		Env:        []string{"PATH=/"},
		Entrypoint: []string{"/" + p.name},
		Labels:     map[string]string{ocispec.AnnotationRevision: revision},
	})
}

// buildProgram compiles a program of this module for the engine, statically linked and the same for the same source.
func buildProgram(ctx context.Context, pkg, architecture string) ([]byte, error) {
	scratch, err := os.MkdirTemp("", "podsim-images-")
	if err != nil {
		return nil, fmt.Errorf("making a scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	path := filepath.Join(scratch, "program")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s: %w\n%s", pkg, err, output)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was built of %s: %w", pkg, err)
	}
	return program, nil
}
