package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/podsim/podsim/e2e/nodeproc"
)

// podsim runs the program under test with a state directory of its own.
type podsim struct {
	program     string
	stateDir    string
	idleTimeout time.Duration // how long a background node outlives its last pod
}

// run runs one command and returns how long it took, from its start to its end.
func (p *podsim) run(ctx context.Context, args ...string) (time.Duration, error) {
	command := exec.CommandContext(ctx, p.program, args...)
	command.Env = append(os.Environ(),
		nodeproc.StateDirVariable+"="+p.stateDir, "PODSIM_IDLE_TIMEOUT="+p.idleTimeout.String())
	begin := time.Now()
	output, err := command.CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		return 0, fmt.Errorf("running podsim %v: %w\n%s", args, err, output)
	}
	return took, nil
}

// up times `podsim up --detach` of the manifest and takes the pod down again.
func (p *podsim) up(ctx context.Context, manifest string) (took time.Duration, err error) {
	defer func() { err = errors.Join(err, p.down(manifest)) }()
	return p.run(ctx, "up", "--detach", manifest)
}

// down removes the manifest's pod, also after the benchmark's own context has ended.
func (p *podsim) down(manifest string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := p.run(ctx, "down", manifest, "--grace-period=0", "--volumes")
	return err
}

// awaitNoNode returns when the background node has ended itself, and with an error when it does not within half a minute.
func (p *podsim) awaitNoNode(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for {
		nodes, err := nodeproc.Find(p.stateDir)
		if err != nil || len(nodes) == 0 {
			return err
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the background node (process %d) to end: %w", nodes[0].PID, ctx.Err())
		}
	}
}

// weight is what a node uses.
type weight struct {
	ResidentBytes int64
	CPU           time.Duration // in the period that weigh watched
}

// weigh watches the background node for the given period.
func (p *podsim) weigh(ctx context.Context, period time.Duration) (weight, error) {
	nodes, err := nodeproc.Find(p.stateDir)
	if err != nil {
		return weight{}, err
	}
	if len(nodes) != 1 {
		return weight{}, fmt.Errorf("weighing the background node: %d podsim processes use %s, want 1", len(nodes), p.stateDir)
	}
	node := nodes[0]
	before, err := node.CPUTime()
	if err != nil {
		return weight{}, err
	}
	select {
	case <-time.After(period):
	case <-ctx.Done():
		return weight{}, ctx.Err()
	}
	after, err := node.CPUTime()
	if err != nil {
		return weight{}, err
	}
	resident, err := node.ResidentBytes()
	return weight{ResidentBytes: resident, CPU: after - before}, err
}
