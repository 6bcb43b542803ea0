package engine

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Facts are what does not change about an engine while a node runs.
type Facts struct {
	APIVersion string
	// OS and Arch as Go names them: linux; amd64, arm64.
	OS, Arch string
	// Memory of the engine's machine in bytes, CPUs its number of processors.
	Memory int64
	CPUs   int
}

// ReadFacts asks the engine for its facts.
func ReadFacts(ctx context.Context, e Engine) (Facts, error) {
	info, err := e.Info(ctx)
	if err != nil {
		return Facts{}, fmt.Errorf("asking the engine what it is: %w", err)
	}
	return Facts{APIVersion: e.ClientVersion(), OS: info.OSType, Arch: goArch(info.Architecture), Memory: info.MemTotal, CPUs: info.NCPU}, nil
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
