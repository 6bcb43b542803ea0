package network

import (
	"context"
	"encoding/json"
	"net/netip"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/podsim/podsim/network/wire"
	"github.com/podsim/podsim/podspec"
)

// ChangeWire does to the network of a running sandbox what the state says, and nothing beyond: the zero state leaves the network as the
// engine made it. It takes a helper container that may change the sandbox's network and nothing else, and ends with it. A kernel that
// cannot do it gives a *VerbError. The other parameters are those of RunHelper.
func ChangeWire(ctx context.Context, engine HelperEngine, image, nodeID, podUID, sandboxID string, state wire.State) error {
	if state.Cut {
		state.Elsewhere = []netip.Prefix{podspec.ServiceRange(), netip.PrefixFrom(netip.MustParseAddr(EmbeddedDNS), 32)}
	}
	words, err := json.Marshal(state)
	if err != nil {
		return err
	}
	_, err = runHelper(ctx, engine, newHelper(image, nodeID, podUID, []string{"wire", string(words)}, func(host *container.HostConfig) {
		host.NetworkMode = container.NetworkMode("container:" + sandboxID)
		host.CapAdd = []string{"NET_ADMIN"}
	}))
	return err
}

// ExhaustMemory has a running container use up the memory that its limit allows, so that the kernel ends its processes, and returns when
// that is done. A container without a limit gives a *VerbError, and so does an engine that lets nobody join control groups, such as a
// rootless one. The parameters are those of KillExec.
func ExhaustMemory(ctx context.Context, engine HelperEngine, image, nodeID, podUID, containerID string) error {
	_, err := runHelper(ctx, engine, newHelper(image, nodeID, podUID, []string{"hog", containerID}, onMemory))
	return err
}

// onMemory allows to move a process of one's own into another container's control group, and to have the kernel kill others before it.
func onMemory(host *container.HostConfig) {
	const groups = "/sys/fs/cgroup"
	host.CapAdd = []string{"DAC_OVERRIDE"}
	host.PidMode = "host"
	host.CgroupnsMode = container.CgroupnsModeHost
	host.UsernsMode = "host"
	host.SecurityOpt = append(host.SecurityOpt, "apparmor=unconfined")
	host.Mounts = []mount.Mount{{Type: mount.TypeBind, Source: groups, Target: hostDir + groups}}
}

// FillAll as a size stands for all that a volume can hold.
const FillAll = -1

// FillVolume has a file take the place of a volume, which the running sandbox has at dir: so many bytes more than before, or FillAll. Of
// the space of other volumes it leaves at least half, else it is a *VerbError.
func FillVolume(ctx context.Context, engine ExecEngine, sandboxID, dir string, bytes int64) error {
	arguments := []string{dir, strconv.FormatInt(bytes, 10)}
	if bytes == FillAll {
		arguments = []string{"-full", dir}
	}
	_, err := CallAgent(ctx, engine, sandboxID, nil, append([]string{"fill"}, arguments...)...)
	return err
}

// UnfillVolume gives back what FillVolume took.
func UnfillVolume(ctx context.Context, engine ExecEngine, sandboxID, dir string) error {
	_, err := CallAgent(ctx, engine, sandboxID, nil, "unfill", dir)
	return err
}

// UnfillUnmounted gives back what FillVolume took of a volume that no running sandbox has. It takes a helper container that mounts the
// volume and nothing else. The other parameters are those of RunHelper.
func UnfillUnmounted(ctx context.Context, engine HelperEngine, image, nodeID, podUID string, volume mount.Mount) error {
	_, err := runHelper(ctx, engine, newHelper(image, nodeID, podUID, []string{"unfill", volume.Target}, func(host *container.HostConfig) {
		host.CapAdd = []string{"DAC_OVERRIDE"} // whoever the directory belongs to
		host.Mounts = []mount.Mount{volume}
	}))
	return err
}
