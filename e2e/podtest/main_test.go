package podtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
)

// TestMain gives the nodes of these tests a place of their own, in which nothing is left when all tests have ended, nor on the engine.
func TestMain(m *testing.M) {
	if os.Getenv(endpoint.DirectoryVariable) != "" { // a process that a test has started, in the test's place
		os.Exit(m.Run())
	}
	parent, err := os.MkdirTemp("", "podtest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv(endpoint.DirectoryVariable, parent)
	os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true") // the reaper's image would have to be pulled
	flag.Parse()
	if host, err := engine.Host(""); err == nil {
		docker, err := engine.Connect(context.Background(), host)
		if err == nil {
			docker.Close()
		} else if flag.Lookup("test.run").Value.String() == "" {
			fmt.Println("podtest's examples are skipped:", err) // an example itself cannot be
			flag.Set("test.run", "^Test")
		}
	}
	code := m.Run()
	if left := leftOf(parent); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "left behind: %v\n", left)
		code = max(code, 1)
	}
	os.RemoveAll(parent)
	os.Exit(code)
}

// leftOf names what tests whose nodes are in a directory have there and on the engine.
func leftOf(parent string) []string {
	names, _ := filepath.Glob(filepath.Join(parent, "*"))
	names = slices.DeleteFunc(names, func(name string) bool { return filepath.Base(name) == ownerFile }) // it is for the next runs
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	host, err := engine.Host("")
	if err != nil {
		return append(names, err.Error())
	}
	docker, err := engine.Connect(ctx, host)
	if err != nil {
		return names // nothing can be there
	}
	defer docker.Close()
	found, err := findLeft(ctx, docker, ownerOf(parent))
	if err != nil {
		return append(names, err.Error())
	}
	for _, c := range found.containers {
		names = append(names, fmt.Sprint("container ", c.Names))
	}
	for _, v := range found.volumes {
		names = append(names, "volume "+v.Name)
	}
	for _, n := range found.networks {
		names = append(names, "network "+n.Name)
	}
	return names
}
