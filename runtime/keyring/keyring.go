// Package keyring finds, among the pull secrets of a pod, the credentials for the repository of an image, in the order in which a
// kubelet tries them (S14.8). It is pure: it knows neither the store of Secrets nor the engine that pulls.
//
// The libraries of the field that read pull secrets settle on one credential an image; a kubelet tries all that match.
package keyring

import (
	"maps"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/registry"
	corev1 "k8s.io/api/core/v1"
)

// dockerHub is the host by which credentials name Docker Hub.
const dockerHub = "index.docker.io"

// Keyring holds credentials by what they are for: a registry, or repositories below a path of it, such as "registry.example.com/team".
type Keyring struct {
	credentials map[string][]registry.AuthConfig
	scopes      []string // the keys, in the reverse of their order, so that a longer path comes before a shorter one
}

// New reads the secrets of type kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg; others have no part in it. The error is about
// the form of a secret's content and shows nothing of it.
func New(secrets []*corev1.Secret) (*Keyring, error) {
	k := &Keyring{credentials: map[string][]registry.AuthConfig{}}
	for _, secret := range secrets {
		entries, err := read(secret)
		if err != nil {
			return nil, err
		}
		for _, scope := range slices.Sorted(maps.Keys(entries)) { // two may be for the same
			if key, ok := scopeKey(scope); ok {
				e := entries[scope]
				k.credentials[key] = append(k.credentials[key], registry.AuthConfig{Username: e.Username, Password: e.Password})
			}
		}
	}
	k.scopes = slices.Sorted(maps.Keys(k.credentials))
	slices.Reverse(k.scopes)
	return k, nil
}

// Lookup returns the credentials for a repository such as "docker.io/library/busybox": all whose scope matches, or those for Docker Hub
// if the repository is there and none matched.
func (k *Keyring) Lookup(repository string) []registry.AuthConfig {
	var found []registry.AuthConfig
	for _, scope := range k.scopes {
		if covers(scope, repository) {
			found = append(found, k.credentials[scope]...)
		}
	}
	if len(found) == 0 && isOnDockerHub(repository) {
		return k.credentials[dockerHub]
	}
	return found
}

// scopeKey turns what a secret's entry is for, such as "https://registry.example.com/v1/", into host and path. One that is no address is
// passed over.
func scopeKey(scope string) (key string, ok bool) {
	if !strings.HasPrefix(scope, "https://") && !strings.HasPrefix(scope, "http://") {
		scope = "https://" + scope
	}
	address, err := url.Parse(scope)
	if err != nil {
		return "", false
	}
	below := address.Path
	if strings.HasPrefix(below, "/v1/") || strings.HasPrefix(below, "/v2/") { // the registry itself, by the version of its API
		below = below[len("/v1"):]
	}
	if below == "/" {
		below = ""
	}
	return address.Host + below, true
}

// covers reports whether a scope is for a repository: the same port, each label of the host as the scope's pattern says, which may have
// wildcards, and a path that begins like the scope's.
func covers(scope, repository string) bool {
	pattern, err := url.Parse("https://" + scope)
	if err != nil {
		return false
	}
	target, err := url.Parse("https://" + repository)
	if err != nil || !strings.HasPrefix(target.Path, pattern.Path) {
		return false
	}
	patternLabels, patternPort := splitHost(pattern.Host)
	labels, port := splitHost(target.Host)
	return port == patternPort && slices.EqualFunc(patternLabels, labels, func(pattern, label string) bool {
		matched, err := path.Match(pattern, label)
		return err == nil && matched
	})
}

func splitHost(address string) (labels []string, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, ""
	}
	return strings.Split(host, "."), port
}

// isOnDockerHub tells by the first part of a repository, which is a registry only if it looks like a host.
func isOnDockerHub(repository string) bool {
	host, _, hasPath := strings.Cut(repository, "/")
	return !hasPath || host == "docker.io" || host == dockerHub || !strings.ContainsAny(host, ".:")
}
