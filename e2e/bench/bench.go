package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// bench is one run of the benchmark.
type bench struct {
	options
	floor  *floor
	podsim *podsim
	dir    string // scratch directory for manifests
	serial int    // makes names unique
}

// rounds holds what was measured, one entry a round.
type rounds struct {
	floor  []floorSteps
	podsim []time.Duration
}

func (b *bench) run(ctx context.Context) error {
	if err := b.version(ctx); err != nil {
		return err
	}
	cold, err := b.interleave(ctx, b.podsim.awaitNoNode)
	if err != nil {
		return err
	}
	cold.printFloorSteps()
	cold.print("up --detach, no node running yet")

	warm, idle, err := b.withIdlePod(ctx)
	if err != nil {
		return err
	}
	warm.print("up --detach, node already running")
	fmt.Printf("node with one idle pod: %.1f MB resident, %v of processor time in %v\n",
		float64(idle.ResidentBytes)/1e6, idle.CPU, b.idle)

	probing, err := b.withProbedPod(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("node that probes %d containers each second: %.1f MB resident, %.1f%% of one core\n",
		probedContainers, float64(probing.ResidentBytes)/1e6, 100*probing.CPU.Seconds()/b.probed.Seconds())
	return nil
}

// version times `podsim version`, after one run that brings the program into memory.
func (b *bench) version(ctx context.Context) error {
	var took []time.Duration
	for range b.rounds + 1 {
		d, err := b.podsim.run(ctx, "version")
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	fmt.Printf("podsim version: %s\n", milliseconds(median(took[1:])))
	return nil
}

// withIdlePod measures while a node serves one pod that does nothing, and then weighs that node.
func (b *bench) withIdlePod(ctx context.Context) (measured rounds, idle weight, err error) {
	manifest, err := writePod(b.dir, "podsim-bench-idle", b.image)
	if err != nil {
		return measured, idle, err
	}
	defer func() {
		err = errors.Join(err, b.podsim.down(manifest), b.podsim.awaitNoNode(context.WithoutCancel(ctx)))
	}()
	if _, err := b.podsim.run(ctx, "up", "--detach", manifest); err != nil {
		return measured, idle, err
	}
	measured, err = b.interleave(ctx, func(context.Context) error { return nil })
	if err != nil {
		return measured, idle, err
	}
	idle, err = b.podsim.weigh(ctx, b.idle)
	return measured, idle, err
}

// withProbedPod weighs a node whose one pod is probed and ready.
func (b *bench) withProbedPod(ctx context.Context) (probing weight, err error) {
	manifest, err := writeProbedPod(b.dir, "podsim-bench-probed", b.image)
	if err != nil {
		return probing, err
	}
	defer func() {
		err = errors.Join(err, b.podsim.down(manifest), b.podsim.awaitNoNode(context.WithoutCancel(ctx)))
	}()
	if _, err := b.podsim.run(ctx, "up", "--wait", "--timeout=1m", manifest); err != nil {
		return probing, err
	}
	return b.podsim.weigh(ctx, b.probed)
}

// interleave measures the floor and podsim in turn; settle is called after each podsim, outside what is timed.
func (b *bench) interleave(ctx context.Context, settle func(context.Context) error) (rounds, error) {
	var measured rounds
	for range b.rounds {
		b.serial++
		name := fmt.Sprintf("podsim-bench-%d-%d", os.Getpid(), b.serial)
		steps, err := b.floor.run(ctx, name+"-floor")
		if err != nil {
			return measured, err
		}
		manifest, err := writePod(b.dir, name, b.image)
		if err != nil {
			return measured, err
		}
		took, err := b.podsim.up(ctx, manifest)
		if err != nil {
			return measured, err
		}
		if err := settle(ctx); err != nil {
			return measured, err
		}
		measured.floor = append(measured.floor, steps)
		measured.podsim = append(measured.podsim, took)
	}
	return measured, nil
}
