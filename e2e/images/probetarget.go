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

const (
	probetargetReference = "podsim-probetarget:e2e"
	probetargetPackage   = "github.com/podsim/podsim/e2e/probetarget"
)

// ensureProbetarget builds the program that scripts probe and loads an image of nothing else, unless the engine has that already.
func ensureProbetarget(ctx context.Context, docker engine.Engine, out io.Writer) error {
	facts, err := engine.ReadFacts(ctx, docker)
	if err != nil {
		return err
	}
	program, err := buildProgram(ctx, probetargetPackage, facts.Arch)
	if err != nil {
		return err
	}
	revision := fmt.Sprintf("%x", sha256.Sum256(program))
	known, err := docker.ImageInspect(ctx, probetargetReference)
	switch {
	case err != nil && !errdefs.IsNotFound(err):
		return fmt.Errorf("looking for image %s: %w", probetargetReference, err)
	case err == nil && known.Config != nil && known.Config.Labels[ocispec.AnnotationRevision] == revision:
		return nil
	}
	fmt.Fprintf(out, "building %s\n", probetargetReference)
	packed, err := probetargetImage(program, revision, facts.Arch)
	if err != nil {
		return fmt.Errorf("packing probetarget: %w", err)
	}
	return load(ctx, docker, probetargetReference, packed)
}

func probetargetImage(program []byte, revision, architecture string) (v1.Image, error) {
	return pack([]entry{{name: "probetarget", program: program}}, architecture, v1.Config{
		Env:        []string{"PATH=/"},
		Entrypoint: []string{"/probetarget"},
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
