// Agentbin builds the sandbox's agent for every architecture that podsim knows and writes it, gzipped, to the folder
// agentbin. It is what `go generate ./network` runs, from the folder network.
package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	for _, arch := range []string{"amd64", "arm64"} {
		if err := build(arch); err != nil {
			fmt.Fprintf(os.Stderr, "building the agent for linux/%s: %v\n", arch, err)
			os.Exit(1)
		}
	}
}

// build compiles the agent so that nothing of the machine, the checkout or the user's settings gets into the file.
func build(arch string) error {
	dir, err := os.MkdirTemp("", "agentbin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "agent")
	compile := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", program, "./agent")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GODEBUG=")
	compile.Stderr = os.Stderr
	if err := compile.Run(); err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return writeGzip(filepath.Join("agentbin", arch+".gz"), content)
}

// writeGzip leaves the gzip header's name and time empty.
func writeGzip(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}
