package network

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

//go:embed agentbin/*.gz
var agentPrograms embed.FS

// gzippedAgent returns the agent's program for an architecture in Go's words, gzipped.
func gzippedAgent(arch string) ([]byte, error) {
	program, err := agentPrograms.ReadFile("agentbin/" + arch + ".gz")
	if err != nil {
		return nil, fmt.Errorf("podsim has no agent for engines on %s: only amd64 and arm64 are supported", arch)
	}
	return program, nil
}

func gunzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
