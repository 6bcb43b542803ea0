// Images makes sure that the engine has the images that the examples and the end-to-end tests run, with nothing at hand but
// the engine and Go: busybox:1.36, which it uses when it is there, else pulls, else packs from Debian's busybox-static; and
// podsim-probetarget:e2e and podsim-controller:e2e, which it builds from e2e/probetarget and e2e/controller and replaces when those have
// changed.
//
//	go run ./e2e/images
//
// Named in arguments, it makes images that single examples run instead, from Debian's packages (see recipes) or from Go modules, as
// podsim.local/NAME; all of them for `examples`:
//
//	go run ./e2e/images rsyslog ferretdb
//
// It needs neither the docker command nor a builder, and it leaves nothing else behind on the engine or the machine.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/podsim/podsim/runtime/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string, out io.Writer) error {
	host, err := engine.Host("")
	if err != nil {
		return err
	}
	docker, err := engine.Connect(ctx, host)
	if err != nil {
		return err
	}
	defer docker.Close()
	wanted, err := chosen(names)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if err := w.ensure(ctx, docker, out); err != nil {
			return err
		}
	}
	return nil
}

// source is where an image comes from.
type source interface {
	// ensure has the image on the engine, and writes to out what takes long.
	ensure(ctx context.Context, docker engine.Engine, out io.Writer) error
}

// chosen returns the images of these names, or those of the tests for no name.
func chosen(names []string) ([]source, error) {
	if len(names) == 0 {
		return []source{busyboxSource{}, probetarget, controller}, nil
	}
	known := ofExamples()
	if slices.Equal(names, []string{"examples"}) {
		names = slices.Sorted(maps.Keys(known))
	}
	var sources []source
	for _, name := range names {
		s, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("no image %s; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// ofExamples returns the images that examples run beside busybox, by name.
func ofExamples() map[string]source {
	sources := map[string]source{}
	for _, r := range recipes {
		sources[r.name] = r
	}
	for _, p := range stores {
		sources[p.name] = p
	}
	return sources
}
