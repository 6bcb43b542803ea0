// Bench compares podsim with the floor: the bare engine calls for the same containers, in the same run, round by round.
//
// The pod is one init container that ends at once and two that run on. For each round the floor creates and starts the
// four containers (the sandbox is the fourth) through the engine's API, then `podsim up --detach` brings the pod up;
// both remove what they made before the next begins. It is done twice: with no node running, so that `up` starts one,
// and with a node that already serves another pod, which is then weighed while nothing happens. At last a node is weighed that probes
// the containers of a pod (PODSIM_DIAL=tunnel: through the pod's sandbox).
//
//	go run ./e2e/bench -podsim bin/podsim -rounds 7
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/docker/docker/client"
)

type options struct {
	program string
	rounds  int
	image   string
	idle    time.Duration
	probed  time.Duration
}

func main() {
	var opts options
	flag.StringVar(&opts.program, "podsim", "bin/podsim", "the program under test")
	flag.IntVar(&opts.rounds, "rounds", 7, "how often each is measured")
	flag.StringVar(&opts.image, "image", "busybox:1.36", "the containers' image, which the engine must have")
	flag.DurationVar(&opts.idle, "idle", 10*time.Second, "how long the node with one idle pod is watched")
	flag.DurationVar(&opts.probed, "probed", 20*time.Second, "how long the node with one probed pod is watched")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, opts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, opts options) (err error) {
	program, err := filepath.Abs(opts.program)
	if err != nil {
		return fmt.Errorf("finding %s: %w", opts.program, err)
	}
	engine, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return fmt.Errorf("making a client of the engine: %w", err)
	}
	defer engine.Close()
	dir, err := os.MkdirTemp("", "podsim-bench-")
	if err != nil {
		return fmt.Errorf("making a scratch directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	b := &bench{
		options: opts,
		floor:   &floor{engine: engine, image: opts.image},
		// The node ends soon after its last pod, so that nothing runs on when the benchmark has ended.
		podsim: &podsim{program: program, stateDir: filepath.Join(dir, "state"), idleTimeout: 100 * time.Millisecond},
		dir:    dir,
	}
	return b.run(ctx)
}
