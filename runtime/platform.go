package runtime

import (
	"strings"

	"github.com/docker/docker/api/types/image"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"
)

// platform is what images are to be for: the user's choice, else the engine's own.
func (n *Node) platform() ocispec.Platform {
	if n.options.Platform == "" {
		return ocispec.Platform{OS: n.facts.OS, Architecture: n.facts.Arch}
	}
	os, rest, ok := strings.Cut(n.options.Platform, "/")
	if !ok { // an architecture alone
		os, rest = "linux", os
	}
	architecture, variant, _ := strings.Cut(rest, "/")
	return ocispec.Platform{OS: os, Architecture: architecture, Variant: variant}
}

// isFor reports whether an image is for a platform. The engine may not know of an image what it is for.
func isFor(found image.InspectResponse, p ocispec.Platform) bool {
	return found.Os == "" || found.Architecture == "" || found.Os == p.OS && found.Architecture == p.Architecture
}

// warnOfPlatform tells of a container's image that is for another platform than the engine's machine or the user's choice. A node says
// nothing of it, and the container fails with an exec format error, unless the machine emulates the other.
func (w *worker) warnOfPlatform(pod *corev1.Pod, c *corev1.Container, found image.InspectResponse) {
	wanted := w.node.platform()
	if isFor(found, wanted) {
		return
	}
	w.node.recorder.Container(pod, c.Name, corev1.EventTypeWarning, "ImagePlatformMismatch",
		"Image %q is for %s/%s and runs on %s/%s only where that is emulated; build or pull it for %s/%s, or choose with DOCKER_DEFAULT_PLATFORM",
		c.Image, found.Os, found.Architecture, w.node.facts.OS, w.node.facts.Arch, wanted.OS, wanted.Architecture)
}
