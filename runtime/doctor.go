package runtime

import (
	"context"
	"fmt"

	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/system"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine"
)

// Outcome of one check of Diagnose.
type Outcome string

// The outcomes: fine, works with limits, does not work.
const (
	OK   Outcome = "ok"
	Warn Outcome = "warn"
	Fail Outcome = "fail"
)

// Check is one finding about an engine.
type Check struct {
	Name    string
	Outcome Outcome
	Detail  string
	// Advice is what to do about it; "" when the outcome is OK.
	Advice string
}

// Diagnose looks at the engine at host and tells what podsim can and cannot do on it.
func Diagnose(ctx context.Context, host string) []Check {
	e, err := engine.Connect(ctx, host)
	if err != nil {
		return []Check{{Name: "engine", Outcome: Fail, Detail: err.Error(), Advice: "start a Docker Engine, or point DOCKER_HOST at one"}}
	}
	defer e.Close()
	return diagnose(ctx, e, host)
}

// diagnose looks at an engine that answers.
func diagnose(ctx context.Context, e engine.Engine, host string) []Check {
	const lookAtLog = "look at the engine's own log"
	info, err := within(ctx, e.Info)
	if err != nil {
		return []Check{{Name: "engine", Outcome: Fail, Detail: fmt.Sprintf("%s: %v", host, err), Advice: lookAtLog}}
	}
	checks := []Check{{Name: "engine", Outcome: OK, Detail: fmt.Sprintf("%s, Docker %s, API %s, %s", host, info.ServerVersion, e.ClientVersion(), info.OperatingSystem)}}
	facts, err := within(ctx, func(ctx context.Context) (engine.Facts, error) { return engine.ReadFacts(ctx, e) })
	if err != nil {
		return append(checks, Check{Name: "machine", Outcome: Fail, Detail: err.Error(), Advice: lookAtLog})
	}
	return append(checks, checkMachine(info, facts), checkSandbox(ctx, e, facts), checkPods(ctx, e), checkMemory(info), checkCPU(info), checkCgroup(info))
}

// within asks the engine and waits a while for the answer: those who look after an engine that is not well must not hang with it.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	patience, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	answer, err := ask(patience)
	if err != nil && patience.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("the engine did not answer within %v: %w", engineTimeout, err)
	}
	return answer, err
}

func checkMachine(info system.Info, facts engine.Facts) Check {
	return Check{Name: "machine", Outcome: OK, Detail: fmt.Sprintf("%s/%s, %d CPUs, %d MiB memory", info.OSType, facts.Arch, facts.CPUs, facts.Memory>>20)}
}

// checkSandbox loads the sandbox image, as the first pod would.
func checkSandbox(ctx context.Context, e engine.Engine, facts engine.Facts) Check {
	ref, err := within(ctx, func(ctx context.Context) (string, error) { return network.EnsureAgentImage(ctx, e, facts.Arch) })
	if err != nil {
		return Check{Name: "sandbox image", Outcome: Fail, Detail: err.Error(), Advice: "podsim runs on engines for linux/amd64 and linux/arm64 that take images"}
	}
	return Check{Name: "sandbox image", Outcome: OK, Detail: ref}
}

// checkPods counts the pods on the engine by the node that made them: each node sees its own alone.
func checkPods(ctx context.Context, e engine.Engine) Check {
	all := dockercontainer.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("label", network.LabelManaged+"=true"), filters.Arg("label", network.LabelType+"="+network.TypeSandbox))}
	sandboxes, err := within(ctx, func(ctx context.Context) ([]dockercontainer.Summary, error) { return e.ContainerList(ctx, all) })
	if err != nil {
		return Check{Name: "pods", Outcome: Fail, Detail: err.Error(), Advice: "look at the engine's own log"}
	}
	nodes := map[string]bool{}
	for _, s := range sandboxes {
		nodes[s.Labels[network.LabelNode]] = true
	}
	check := Check{Name: "pods", Outcome: OK, Detail: fmt.Sprintf("%d on the engine", len(sandboxes))}
	if len(nodes) > 1 {
		check.Outcome = Warn
		check.Detail += fmt.Sprintf(", of %d nodes", len(nodes))
		check.Advice = "a node sees the pods of its own user, machine and PODSIM_STATE_DIR; use the same again to reach the others, or docker rm -f"
	}
	return check
}

func checkMemory(info system.Info) Check {
	if !info.MemoryLimit {
		return Check{Name: "memory limits", Outcome: Warn, Detail: "the engine cannot limit memory", Advice: "enable the memory cgroup; until then limits.memory has no effect"}
	}
	return Check{Name: "memory limits", Outcome: OK, Detail: "enforced"}
}

func checkCPU(info system.Info) Check {
	if !info.CPUCfsQuota || !info.CPUShares {
		return Check{Name: "cpu limits", Outcome: Warn, Detail: "the engine cannot limit or weigh CPU", Advice: "enable the cpu cgroup; until then cpu requests and limits have no effect"}
	}
	return Check{Name: "cpu limits", Outcome: OK, Detail: "enforced"}
}

func checkCgroup(info system.Info) Check {
	if info.CgroupVersion == "1" {
		return Check{Name: "cgroup", Outcome: Warn, Detail: "version 1", Advice: "most Kubernetes nodes have version 2; what containers read below /sys/fs/cgroup differs"}
	}
	return Check{Name: "cgroup", Outcome: OK, Detail: "version " + info.CgroupVersion}
}
