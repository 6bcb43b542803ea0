package network

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"
)

// InTransition reports whether a sandbox could not be made because its network has just been removed, or because there are two of its name
// for a moment (EnsureNetwork). The engine tells of the second in words only.
func InTransition(err error) bool {
	return errdefs.IsNotFound(err) || strings.Contains(err.Error(), "is ambiguous (")
}

// endpoint is how the engine begins its complaints about a sandbox's ports. The id in it is another one at every try.
var endpoint = regexp.MustCompile(`driver failed programming external connectivity on endpoint \S+ \([0-9a-f]+\): `)

// SandboxError words why the engine does not start a pod's sandbox: what the engine said, and where a host port is the cause what to do
// about it. Equal causes have equal texts.
func SandboxError(pod *corev1.Pod, engineText string) string {
	text := strings.ReplaceAll(endpoint.ReplaceAllString(engineText, ""), "Error response from daemon: ", "")
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			address := net.JoinHostPort(boundTo(p), strconv.Itoa(int(p.HostPort)))
			why := refusal(text)
			if p.HostPort != 0 && why != "" && regexp.MustCompile(regexp.QuoteMeta(address)+`\b`).MatchString(text) {
				return fmt.Sprintf("host port %s/%s of container %s: %s (%s)", address, p.Protocol, c.Name, why, text)
			}
		}
	}
	return text
}

// refusal is why a port cannot be bound, with the way out; empty if the text is about something else.
func refusal(text string) string {
	switch {
	case strings.Contains(text, "port is already allocated"):
		return "another container on the engine has it; remove that, or choose another hostPort or hostIP"
	case strings.Contains(text, "address already in use"):
		return "a program on the engine's machine has it; end that, or choose another hostPort or hostIP"
	case strings.Contains(text, "cannot assign requested address"):
		return "the engine's machine does not have this address; choose another hostIP, such as 127.0.0.1 or 0.0.0.0"
	case strings.Contains(text, "permission denied"):
		return "the engine may not use a port this low; choose a hostPort of 1024 or more"
	}
	return ""
}
