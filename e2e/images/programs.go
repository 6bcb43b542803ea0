package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/podsim/podsim/runtime/engine"
)

// program is a Go program that pods and tests run in an image of nothing else.
type program struct {
	name, reference, pkg string
	module               string // directory of the module that builds it, from that of podsim; "" for podsim itself
}

// What the scripts of e2e run.
var (
	probetarget = program{name: "probetarget", reference: "podsim-probetarget:e2e", pkg: "github.com/podsim/podsim/e2e/probetarget"}
	controller  = program{name: "controller", reference: "podsim-controller:e2e", pkg: "github.com/podsim/podsim/e2e/controller/run"}
)

// stores are the databases that examples write to.
var stores = []program{
	{
		name: "ferretdb", reference: "podsim.local/ferretdb:1.24.2",
		pkg: ".", module: "examples/log-to-mongodb/ferretdb",
	},
	{
		name: "victorialogs", reference: "podsim.local/victorialogs:1.33.1",
		pkg: "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs", module: "examples/log-to-elasticsearch/victorialogs",
	},
}

// ensure builds the program and loads its image, unless the engine has that already.
func (p program) ensure(ctx context.Context, docker engine.Engine, out io.Writer) error {
	facts, err := engine.ReadFacts(ctx, docker)
	if err != nil {
		return err
	}
	content, err := p.build(ctx, facts.Arch)
	if err != nil {
		return err
	}
	revision := fmt.Sprintf("%x", sha256.Sum256(content))
	present, err := isRevision(ctx, docker, p.reference, revision)
	if err != nil || present {
		return err
	}
	fmt.Fprintf(out, "loading %s\n", p.reference)
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

// build compiles the program for the engine, statically linked and the same for the same source.
func (p program) build(ctx context.Context, architecture string) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/podsim/podsim").Output()
	if err != nil {
		return nil, fmt.Errorf("finding the module of podsim: %w", err)
	}
	scratch, err := os.MkdirTemp("", "podsim-images-")
	if err != nil {
		return nil, fmt.Errorf("making a scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	path := filepath.Join(scratch, "program")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, p.pkg)
	build.Dir = filepath.Join(strings.TrimSpace(string(root)), p.module)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s: %w\n%s", p.pkg, err, output)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was built of %s: %w", p.pkg, err)
	}
	return program, nil
}
