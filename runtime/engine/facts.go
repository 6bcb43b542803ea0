package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/versions"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/version"
)

// Facts are what does not change about an engine while a node runs.
type Facts struct {
	APIVersion string
	// OS and Arch as Go names them: linux; amd64, arm64.
	OS, Arch string
	// System is the machine's operating system by its name, such as "Debian GNU/Linux 12 (bookworm)", and Version that of the engine.
	System, Version string
	// Memory of the engine's machine in bytes, CPUs its number of processors.
	Memory int64
	CPUs   int
	// Kernel is the release of the machine's kernel, such as "6.1.0-18-amd64"; "" if the engine does not tell.
	Kernel string
	// Seccomp, AppArmor and SELinux tell which of these the engine can put processes under.
	Seccomp, AppArmor, SELinux bool
	// Rootless: the engine runs without the rights of the machine's root.
	Rootless bool
	// Desktop: the engine is in the virtual machine of Docker Desktop.
	Desktop bool
	// Host is where the engine is, as DOCKER_HOST would say it. ReadFacts does not know: "" is a place like this machine.
	Host string
	// LowersOOMScore: it may give processes a negative oom_score_adj. ReadFacts cannot know that: a node finds out when it needs to.
	LowersOOMScore bool
	// MemoryLimits and CPULimits tell whether it can limit what containers take of these.
	MemoryLimits, CPULimits bool
	// SwapLimits tells whether it can keep containers from the machine's swap.
	SwapLimits bool
	// UnifiedCgroups: the machine's control groups are of version 2.
	UnifiedCgroups bool
}

// ReadFacts asks the engine for its facts.
func ReadFacts(ctx context.Context, e Engine) (Facts, error) {
	info, err := e.Info(ctx)
	if err != nil {
		return Facts{}, fmt.Errorf("asking the engine what it is: %w", err)
	}
	facts := Facts{
		APIVersion: e.ClientVersion(), System: info.OperatingSystem, Version: info.ServerVersion, OS: info.OSType, Arch: goArch(info.Architecture), Memory: info.MemTotal, CPUs: info.NCPU,
		Kernel: info.KernelVersion, MemoryLimits: info.MemoryLimit, SwapLimits: info.SwapLimit, CPULimits: info.CPUCfsQuota && info.CPUShares,
		UnifiedCgroups: info.CgroupVersion == "2", Desktop: info.OperatingSystem == "Docker Desktop",
	}
	for _, option := range info.SecurityOptions { // such as "name=seccomp,profile=default"
		name, _, _ := strings.Cut(strings.TrimPrefix(option, "name="), ",")
		switch name {
		case "seccomp":
			facts.Seccomp = true
		case "apparmor":
			facts.AppArmor = true
		case "selinux":
			facts.SELinux = true
		case "rootless":
			facts.Rootless = true
		}
	}
	return facts, nil
}

// RecursiveReadOnly reports whether the engine can make a mount read-only with all that is mounted below it (S11.56): that takes Docker 25
// and Linux 5.12.
func (f Facts) RecursiveReadOnly() bool {
	return versions.GreaterThanOrEqualTo(f.APIVersion, "1.44") && f.KernelAtLeast("5.12")
}

// KernelAtLeast reports whether the kernel is of a version or newer. One that does not tell is old.
func (f Facts) KernelAtLeast(since string) bool {
	v, err := version.ParseGeneric(f.Kernel)
	return err == nil && v.AtLeast(version.MustParseGeneric(since))
}

// Allocatable is what the engine's machine has to give (S9.21).
func (f Facts) Allocatable() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(int64(f.CPUs), resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(f.Memory, resource.BinarySI),
	}
}

// goArch turns the engine's name of an architecture (uname's) into Go's.
func goArch(machine string) string {
	switch strings.ToLower(machine) {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	default:
		return machine
	}
}
