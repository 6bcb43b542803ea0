package volumes

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
)

// SubPathEngine is the piece of the engine that ResolveSubPaths needs.
type SubPathEngine interface {
	network.ExecEngine
	network.HelperEngine
}

// subPath is one sub path to resolve.
type subPath struct {
	volume, mountPath string
	dir               string // the volume's root, in the sandbox or on the engine's machine
	sub               string
}

// ResolveSubPaths makes the missing directories of the sub paths that a container mounts, and says where each leads,
// relative to its volume (S11F). expanded has the sub paths by mountPath, with their variables replaced; a volumeMount
// without one is not in it. The result has the same keys. It is due before every start of an instance, because earlier
// containers may have made or changed what is there. Sub paths of hostPath volumes are resolved in a helper container
// of the given image. A path that cannot be used gives a *SubPathError.
//
// What a path leads to can still be exchanged for a link between this call and the start of the instance, by a
// container that runs already. HoldSubPaths guards against that.
func ResolveSubPaths(ctx context.Context, engine SubPathEngine, sandboxID, image string, p *Plan, c *corev1.Container, expanded map[string]string) (map[string]string, error) {
	inSandbox, onMachine, err := p.subPaths(c, expanded)
	if err != nil {
		return nil, err
	}
	resolved := map[string]string{}
	if len(inSandbox) > 0 {
		out, err := network.CallAgent(ctx, engine, sandboxID, nil, subPathVerb(nil, inSandbox)...)
		if err := readSubPaths(resolved, c.Name, inSandbox, out, err); err != nil {
			return nil, err
		}
	}
	if len(onMachine) > 0 {
		out, err := network.RunHelper(ctx, engine, image, p.nodeID, string(p.pod.UID), subPathVerb([]string{"-host"}, onMachine)...)
		if err := readSubPaths(resolved, c.Name, onMachine, out, err); err != nil {
			return nil, err
		}
	}
	return resolved, nil
}

// subPaths are the sub paths of a container, those in engine volumes and those in hostPath volumes.
func (p *Plan) subPaths(c *corev1.Container, expanded map[string]string) (inSandbox, onMachine []subPath, err error) {
	for _, m := range c.VolumeMounts {
		sub := expanded[m.MountPath]
		if sub == "" {
			continue
		}
		v, ok := p.volume(m.Name)
		if !ok {
			return nil, nil, fmt.Errorf("resolving a subPath of volume %q: %w", m.Name, errNotSetUp)
		}
		s := subPath{volume: m.Name, mountPath: m.MountPath, sub: sub}
		if v.hostPath != nil {
			s.dir = path.Join("/", v.hostPath.Path)
			onMachine = append(onMachine, s)
		} else {
			s.dir = v.root()
			inSandbox = append(inSandbox, s)
		}
	}
	return inSandbox, onMachine, nil
}

func subPathVerb(flags []string, list []subPath) []string {
	verb := append([]string{"subpath"}, flags...)
	for _, s := range list {
		verb = append(verb, s.dir, s.sub)
	}
	return verb
}

// readSubPaths takes the agent's answer: a line for each path up to the first that failed.
func readSubPaths(resolved map[string]string, container string, list []subPath, out []byte, err error) error {
	var failed *network.VerbError
	if errors.As(err, &failed) && (failed.ExitCode == network.ExitCreating || failed.ExitCode == network.ExitPreparing) {
		if i := strings.Count(string(failed.Output), "\n"); i < len(list) {
			return &SubPathError{list[i].volume, container, failed.ExitCode == network.ExitCreating, err}
		}
	}
	if err != nil {
		return fmt.Errorf("resolving the sub paths of container %q: %w", container, err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(list) {
		return fmt.Errorf("resolving the sub paths of container %q: the agent answered %d of %d", container, len(lines), len(list))
	}
	for i, s := range list {
		resolved[s.mountPath] = lines[i]
	}
	return nil
}
