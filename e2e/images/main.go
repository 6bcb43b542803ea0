// Images makes sure that the engine has the images that the examples and the end-to-end tests run, with nothing at hand but
// the engine and Go: busybox:1.36, which it uses when it is there, else pulls, else packs from Debian's busybox-static; and
// podsim-probetarget:e2e and podsim-controller:e2e, which it builds from e2e/probetarget and e2e/controller and replaces when those have
// changed.
//
//	go run ./e2e/images
//
// It needs neither the docker command nor a builder, and it leaves nothing else behind on the engine or the machine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/podsim/podsim/runtime/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	host, err := engine.Host("")
	if err != nil {
		return err
	}
	docker, err := engine.Connect(ctx, host)
	if err != nil {
		return err
	}
	defer docker.Close()
	if err := ensureBusybox(ctx, docker, out); err != nil {
		return err
	}
	for _, p := range programs {
		if err := p.ensure(ctx, docker, out); err != nil {
			return err
		}
	}
	return nil
}
