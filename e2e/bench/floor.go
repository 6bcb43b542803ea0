package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// floor runs the containers of the benchmark's pod with nothing but the engine calls that they need: the least time
// that any program can take on this engine.
type floor struct {
	engine *client.Client
	image  string
}

// floorSteps is what one run of the floor took, step by step. Total is the wall time from the first call to the last
// container started. The members are created while the sandbox starts, so CreateMembers is what was left to wait for
// after that start.
type floorSteps struct {
	CreateSandbox time.Duration
	StartSandbox  time.Duration
	CreateMembers time.Duration
	StartInit     time.Duration
	WaitInit      time.Duration // from the init's start to the engine's word that it ended
	StartFirst    time.Duration
	StartSecond   time.Duration
	Total         time.Duration
}

// floorContainer is one container of the pod as the floor asks for it.
type floorContainer struct {
	part    string
	command []string
}

var (
	floorSandbox = floorContainer{"sandbox", longRunning}
	floorMembers = []floorContainer{{"init", shortRunning}, {"first", longRunning}, {"second", longRunning}}
)

// run creates and starts the pod's containers under names that begin with prefix, and removes them before it returns.
func (f *floor) run(ctx context.Context, prefix string) (steps floorSteps, err error) {
	sandbox := prefix + "-" + floorSandbox.part
	defer func() { err = errors.Join(err, f.remove(prefix)) }()

	begin := time.Now()
	step := begin
	lap := func(d *time.Duration) { *d, step = time.Since(step), time.Now() }

	if err := f.create(ctx, prefix, floorSandbox, &container.HostConfig{IpcMode: container.IPCModeShareable}); err != nil {
		return steps, err
	}
	lap(&steps.CreateSandbox)
	created := f.createMembers(ctx, prefix)
	if err := f.start(ctx, sandbox); err != nil {
		return steps, errors.Join(err, <-created)
	}
	lap(&steps.StartSandbox)
	if err := <-created; err != nil {
		return steps, err
	}
	lap(&steps.CreateMembers)

	init := prefix + "-init"
	ended, failed := f.engine.ContainerWait(ctx, init, container.WaitConditionNextExit)
	if err := f.start(ctx, init); err != nil {
		return steps, err
	}
	lap(&steps.StartInit)
	select {
	case <-ended:
	case err := <-failed:
		return steps, fmt.Errorf("waiting for container %s: %w", init, err)
	}
	lap(&steps.WaitInit)

	if err := f.start(ctx, prefix+"-first"); err != nil {
		return steps, err
	}
	lap(&steps.StartFirst)
	if err := f.start(ctx, prefix+"-second"); err != nil {
		return steps, err
	}
	lap(&steps.StartSecond)
	steps.Total = time.Since(begin)
	return steps, nil
}

// createMembers creates the members of the sandbox at the same time. The engine looks the sandbox up when it creates a
// member, so the sandbox must exist; it need not run yet. The channel yields once, when all creates have ended.
func (f *floor) createMembers(ctx context.Context, prefix string) <-chan error {
	shared := container.NetworkMode("container:" + prefix + "-" + floorSandbox.part)
	errs := make([]error, len(floorMembers))
	created := make(chan error, 1)
	go func() {
		var creates sync.WaitGroup
		for i, member := range floorMembers {
			creates.Go(func() {
				errs[i] = f.create(ctx, prefix, member, &container.HostConfig{NetworkMode: shared, IpcMode: container.IpcMode(shared)})
			})
		}
		creates.Wait()
		created <- errors.Join(errs...)
	}()
	return created
}

func (f *floor) create(ctx context.Context, prefix string, c floorContainer, host *container.HostConfig) error {
	name := prefix + "-" + c.part
	_, err := f.engine.ContainerCreate(ctx, &container.Config{Image: f.image, Cmd: c.command}, host, nil, nil, name)
	if err != nil {
		return fmt.Errorf("creating container %s: %w", name, err)
	}
	return nil
}

func (f *floor) start(ctx context.Context, name string) error {
	if err := f.engine.ContainerStart(ctx, name, container.StartOptions{}); err != nil {
		return fmt.Errorf("starting container %s: %w", name, err)
	}
	return nil
}

// remove takes down whatever run created under prefix, also after the run's own context has ended.
func (f *floor) remove(prefix string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	all := append([]floorContainer{floorSandbox}, floorMembers...)
	errs := make([]error, len(all))
	var removals sync.WaitGroup
	for i, c := range all {
		removals.Go(func() {
			err := f.engine.ContainerRemove(ctx, prefix+"-"+c.part, container.RemoveOptions{Force: true, RemoveVolumes: true})
			if err != nil && !errdefs.IsNotFound(err) {
				errs[i] = fmt.Errorf("removing container %s-%s: %w", prefix, c.part, err)
			}
		})
	}
	removals.Wait()
	return errors.Join(errs...)
}
