package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/docker/docker/api/types/image"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/podsim/podsim/runtime/engine"
)

const (
	busyboxReference = "busybox:1.36"
	// A registry that is out of reach is not worth a long wait: the image has 2 MB.
	pullTimeout = 45 * time.Second
)

// busyboxSource takes the image that is there, else the registry's, else one made of Debian's package.
type busyboxSource struct{}

func (busyboxSource) ensure(ctx context.Context, docker engine.Engine, out io.Writer) error {
	present, err := isPresent(ctx, docker, busyboxReference)
	if err != nil || present {
		return err
	}
	fmt.Fprintf(out, "pulling %s\n", busyboxReference)
	pullErr := pullBusybox(ctx, docker)
	if pullErr == nil {
		return nil
	}
	fmt.Fprintf(out, "%v\nbuilding %s from Debian's busybox-static\n", pullErr, busyboxReference)
	if err := buildBusybox(ctx, docker); err != nil {
		return fmt.Errorf("%s is neither on the engine nor pullable, and it could not be built here: %w", busyboxReference, err)
	}
	return nil
}

func pullBusybox(ctx context.Context, docker engine.Engine) error {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	progress, err := docker.ImagePull(ctx, "docker.io/library/"+busyboxReference, image.PullOptions{})
	if err != nil {
		return fmt.Errorf("pulling %s: %w", busyboxReference, err)
	}
	defer progress.Close()
	// The engine reports a failure inside its progress; whether the image came is what counts.
	if _, err := io.Copy(io.Discard, progress); err != nil {
		return fmt.Errorf("pulling %s: %w", busyboxReference, err)
	}
	present, err := isPresent(ctx, docker, busyboxReference)
	if err == nil && !present {
		err = errors.New("the engine ended the pull without the image")
	}
	if err != nil {
		return fmt.Errorf("pulling %s: %w", busyboxReference, err)
	}
	return nil
}

// buildBusybox packs this machine's static busybox into an image and loads it into the engine.
func buildBusybox(ctx context.Context, docker engine.Engine) error {
	facts, err := engine.ReadFacts(ctx, docker)
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" || facts.OS != "linux" || facts.Arch != runtime.GOARCH {
		return fmt.Errorf("this machine is %s/%s and the engine runs %s/%s, so a busybox of this machine does not run there; %s",
			runtime.GOOS, runtime.GOARCH, facts.OS, facts.Arch, byHand)
	}
	busybox, err := staticBusybox(ctx)
	if err != nil {
		return err
	}
	defer busybox.remove()
	list, err := exec.CommandContext(ctx, busybox.path, "--list").Output()
	if err != nil {
		return fmt.Errorf("asking busybox for its applets: %w", err)
	}
	program, err := busybox.content()
	if err != nil {
		return err
	}
	packed, err := busyboxImage(program, strings.Fields(string(list)), facts.Arch)
	if err != nil {
		return fmt.Errorf("packing busybox: %w", err)
	}
	return load(ctx, docker, busyboxReference, packed)
}

// busyboxImage holds /bin/busybox and a symbolic link beside it for each applet, as `busybox --install -s /bin` makes them, and runs
// a shell.
func busyboxImage(program []byte, applets []string, architecture string) (v1.Image, error) {
	entries := []entry{{name: "bin/"}, {name: "bin/busybox", program: program}}
	for _, applet := range applets {
		if applet != "busybox" {
			entries = append(entries, entry{name: "bin/" + applet, link: "/bin/busybox"})
		}
	}
	return pack(entries, architecture, v1.Config{
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Cmd: []string{"/bin/sh"},
	})
}
