package network

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/pkg/stdcopy"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// HelperEngine is the piece of the engine that RunHelper and KillExec need.
type HelperEngine interface {
	ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig, networking *network.NetworkingConfig, platform *ocispec.Platform, name string) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, containerID string, options container.StartOptions) error
	ContainerWait(ctx context.Context, containerID string, condition container.WaitCondition) (<-chan container.WaitResponse, <-chan error)
	ContainerLogs(ctx context.Context, containerID string, options container.LogsOptions) (io.ReadCloser, error)
	ContainerRemove(ctx context.Context, containerID string, options container.RemoveOptions) error
}

// removalTime bounds the removal of a helper after its caller has given up.
const removalTime = 10 * time.Second

// RunHelper runs a verb of the agent in a container of its own that has the root directory of the engine's machine, no
// network and few rights, and returns what the verb printed. The container is removed in any case. A verb that fails
// gives a *VerbError. image is what EnsureAgentImage returned; nodeID and podUID are the node and the pod that it works for.
func RunHelper(ctx context.Context, engine HelperEngine, image, nodeID, podUID string, verb ...string) (stdout []byte, err error) {
	return runHelper(ctx, engine, newHelper(image, nodeID, podUID, verb, onFiles))
}

// KillExec ends a process of a container with SIGKILL, which the engine has no call for when it is a command that was
// started later (S6.22). pid is what the engine's inspection of the exec says. A process that has ended is no error; one that
// is not the container's is left alone. The other parameters are those of RunHelper.
func KillExec(ctx context.Context, engine HelperEngine, image, nodeID, podUID, containerID string, pid int) error {
	verb := []string{"kill", "-container", containerID, strconv.Itoa(pid)}
	_, err := runHelper(ctx, engine, newHelper(image, nodeID, podUID, verb, onProcesses))
	return err
}

// CanLowerOOMScore reports whether the engine can start a container whose processes have the negative oom_score_adj: it takes a right that
// engines in containers and rootless ones lack, and that no engine tells of. It starts one to find out. The other parameters are those of
// RunHelper.
func CanLowerOOMScore(ctx context.Context, engine HelperEngine, image, nodeID, podUID string, adjustment int) bool {
	lowered := func(host *container.HostConfig) { host.OomScoreAdj = adjustment }
	_, err := runHelper(ctx, engine, newHelper(image, nodeID, podUID, []string{"nothing"}, lowered))
	return err == nil
}

// DiskSize is how many bytes the disk can hold on which the engine keeps what containers write. The parameters are those of RunHelper.
func DiskSize(ctx context.Context, engine HelperEngine, image, nodeID, podUID string) (int64, error) {
	out, err := runHelper(ctx, engine, newHelper(image, nodeID, podUID, []string{"disk", "/"}, func(*container.HostConfig) {}))
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil || size <= 0 {
		return 0, fmt.Errorf("measuring the disk: %q is no size", out)
	}
	return size, nil
}

// runHelper creates and runs a helper, removes it and returns what it printed.
func runHelper(ctx context.Context, engine HelperEngine, h helper) (stdout []byte, err error) {
	verb := h.config.Cmd
	created, err := engine.ContainerCreate(ctx, h.config, h.host, nil, nil, "")
	if err != nil {
		return nil, fmt.Errorf("creating a helper container for %s: %w", verb[0], err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
		defer cancel()
		if removed := engine.ContainerRemove(ctx, created.ID, container.RemoveOptions{Force: true}); removed != nil && err == nil {
			err = fmt.Errorf("removing the helper container for %s: %w", verb[0], removed)
		}
	}()
	code, err := runToEnd(ctx, engine, created.ID)
	if err != nil {
		return nil, fmt.Errorf("running a helper container for %s: %w", verb[0], err)
	}
	var out, words bytes.Buffer
	logs, err := engine.ContainerLogs(ctx, created.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return nil, fmt.Errorf("reading from the helper container for %s: %w", verb[0], err)
	}
	defer logs.Close()
	if _, err := stdcopy.StdCopy(&out, &words, logs); err != nil {
		return nil, fmt.Errorf("reading from the helper container for %s: %w", verb[0], err)
	}
	if code != 0 {
		return nil, &VerbError{Verb: verb, ExitCode: code, Output: out.Bytes(), Message: strings.TrimSpace(words.String())}
	}
	return out.Bytes(), nil
}

// runToEnd starts a container and returns its exit code.
func runToEnd(ctx context.Context, engine HelperEngine, id string) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	exits, failures := engine.ContainerWait(ctx, id, container.WaitConditionNextExit)
	if err := engine.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return 0, err
	}
	select {
	case exit := <-exits:
		return int(exit.StatusCode), nil
	case err := <-failures:
		return 0, err
	}
}

// helper is what the engine is asked to create for a verb.
type helper struct {
	config *container.Config
	host   *container.HostConfig
}

// newHelper returns a helper without any rights but those that allow gives it.
func newHelper(image, nodeID, podUID string, verb []string, allow func(*container.HostConfig)) helper {
	h := helper{
		config: &container.Config{
			Image:  image,
			Cmd:    verb,
			Labels: map[string]string{LabelManaged: "true", LabelNode: nodeID, LabelPodUID: podUID},
		},
		host: &container.HostConfig{
			NetworkMode:    "none",
			ReadonlyRootfs: true,
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges"},
			LogConfig:      container.LogConfig{Type: "json-file"},
		},
	}
	allow(h.host)
	return h
}

// onFiles allows to change root to that of the engine's machine and to work in any directory, whoever owns it.
func onFiles(host *container.HostConfig) {
	host.CapAdd = []string{"SYS_CHROOT", "DAC_OVERRIDE", "FSETID"}
	host.Mounts = []mount.Mount{{Type: mount.TypeBind, Source: "/", Target: hostDir}}
}

// onProcesses allows to see and to signal every process of the engine's machine, whoever owns it. AppArmor's usual profile
// would protect those of privileged containers. An engine that maps users shares the machine's processes only with
// containers that it does not map.
func onProcesses(host *container.HostConfig) {
	host.CapAdd = []string{"KILL"}
	host.PidMode = "host"
	host.UsernsMode = "host"
	host.SecurityOpt = append(host.SecurityOpt, "apparmor=unconfined")
}
