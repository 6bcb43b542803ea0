package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/podsim/podsim/runtime/engine"
)

func isPresent(ctx context.Context, docker engine.Engine, reference string) (bool, error) {
	_, err := docker.ImageInspect(ctx, reference)
	if err != nil && !errdefs.IsNotFound(err) {
		return false, fmt.Errorf("looking for image %s: %w", reference, err)
	}
	return err == nil, nil
}

// isRevision reports whether the engine has the image, made of what has that revision.
func isRevision(ctx context.Context, docker engine.Engine, reference, revision string) (bool, error) {
	known, err := docker.ImageInspect(ctx, reference)
	if err != nil && !errdefs.IsNotFound(err) {
		return false, fmt.Errorf("looking for image %s: %w", reference, err)
	}
	return err == nil && known.Config != nil && known.Config.Labels[ocispec.AnnotationRevision] == revision, nil
}

// load brings an image into the engine under that reference.
func load(ctx context.Context, docker engine.Engine, reference string, packed v1.Image) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(tag, packed, &archive); err != nil {
		return fmt.Errorf("packing %s: %w", reference, err)
	}
	answer, err := docker.ImageLoad(ctx, &archive)
	if err != nil {
		return fmt.Errorf("loading %s into the engine: %w", reference, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("loading %s into the engine: %w", reference, err)
	}
	present, err := isPresent(ctx, docker, reference)
	if err == nil && !present {
		err = errors.New(strings.TrimSpace(string(said)))
	}
	if err != nil {
		return fmt.Errorf("loading %s into the engine: %w", reference, err)
	}
	return nil
}
