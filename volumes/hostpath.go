package volumes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
)

// CheckHostPaths checks the sources of the pod's hostPath volumes on the engine's machine, and makes those that a type
// ending in OrCreate asks for (S11D). A hostPath without a type is not looked at: the engine makes a missing directory
// when a container starts. The check runs in a helper container of the image that network.EnsureAgentImage returned;
// none is made for a pod without such volumes. Failed checks give MountErrors.
func CheckHostPaths(ctx context.Context, engine network.HelperEngine, image string, p *Plan) error {
	verb := []string{"hostpath"}
	var checked []string
	for _, v := range p.volumes {
		if v.hostPath != nil && !isUnchecked(v.hostPath) {
			verb = append(verb, string(*v.hostPath.Type), path.Join("/", v.hostPath.Path))
			checked = append(checked, v.name)
		}
	}
	if len(checked) == 0 {
		return nil
	}
	_, err := network.RunHelper(ctx, engine, image, p.nodeID, string(p.pod.UID), verb...)
	var failed *network.VerbError
	if errors.As(err, &failed) {
		if failures := hostPathFailures(failed.Output, checked); len(failures) > 0 {
			return failures
		}
	}
	if err != nil {
		return fmt.Errorf("checking hostPath volumes: %w", err)
	}
	return nil
}

// isUnchecked reports whether the volume has no type.
func isUnchecked(source *corev1.HostPathVolumeSource) bool {
	return source.Type == nil || *source.Type == corev1.HostPathUnset
}

// hostPathFailures reads the agent's report, a line "<index>\t<message>" for each failed check.
func hostPathFailures(report []byte, checked []string) MountErrors {
	var failures MountErrors
	for line := range bytes.Lines(report) {
		index, message, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\t")
		i, err := strconv.Atoi(index)
		if ok && err == nil && i >= 0 && i < len(checked) {
			failures = append(failures, &MountError{Volume: checked[i], Err: errors.New(message)})
		}
	}
	return failures
}
