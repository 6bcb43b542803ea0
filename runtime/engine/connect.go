package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"
	"github.com/opencontainers/go-digest"
)

// MinAPIVersion is the oldest Docker Engine API that podsim works with (Docker 19.03).
const MinAPIVersion = "1.40"

// Host resolves the endpoint of the engine: the flag if it is not empty, else DOCKER_HOST, else the endpoint of the current
// Docker context, else the client's default socket.
func Host(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if host := os.Getenv(client.EnvOverrideHost); host != "" {
		return host, nil
	}
	host, err := contextHost()
	if err != nil {
		return "", err
	}
	if host != "" {
		return host, nil
	}
	return client.DefaultDockerHost, nil
}

// contextHost is the endpoint of the Docker context in use, or "" for the default context.
func contextHost() (string, error) {
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", nil // no home, no contexts
		}
		dir = filepath.Join(home, ".docker")
	}
	name := os.Getenv("DOCKER_CONTEXT")
	if name == "" {
		var config struct{ CurrentContext string }
		if err := readJSON(filepath.Join(dir, "config.json"), &config); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("reading the Docker configuration: %w", err)
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return "", nil
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	path := filepath.Join(dir, "contexts", "meta", digest.FromString(name).Encoded(), "meta.json")
	if err := readJSON(path, &meta); err != nil {
		return "", fmt.Errorf("reading the Docker context %q: %w", name, err)
	}
	host := meta.Endpoints["docker"].Host
	if host == "" {
		return "", fmt.Errorf("the Docker context %q has no docker endpoint; choose another with DOCKER_CONTEXT or set DOCKER_HOST", name)
	}
	return host, nil
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// UnreachableError says that no usable engine answers at Host.
type UnreachableError struct {
	Host string
	Err  error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no Docker Engine answers at %s (looked at --host, DOCKER_HOST, the Docker context, then the default socket): %v; "+
		"start one, or point DOCKER_HOST at it", e.Host, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// TooOldError says that the engine's API is older than MinAPIVersion.
type TooOldError struct{ Host, APIVersion string }

func (e *TooOldError) Error() string {
	return fmt.Sprintf("the Docker Engine at %s speaks API %s; podsim needs %s or newer (Docker 19.03): upgrade the engine or point DOCKER_HOST at another",
		e.Host, e.APIVersion, MinAPIVersion)
}

// connectTime is how long an engine may take to answer for the first time.
const connectTime = 15 * time.Second

// Connect opens the engine at host and agrees on an API version. It returns *UnreachableError when nothing answers and
// *TooOldError when the engine is too old. The caller closes the engine.
func Connect(ctx context.Context, host string) (Engine, error) {
	if strings.HasPrefix(host, "ssh://") {
		return nil, &UnreachableError{Host: host, Err: errors.New("podsim does not dial engines over ssh yet; forward the engine's socket with ssh -L instead")}
	}
	c, err := client.NewClientWithOpts(client.WithTLSClientConfigFromEnv(), client.WithHost(host), client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, &UnreachableError{Host: host, Err: err}
	}
	patience, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	ping, err := c.Ping(patience)
	if err != nil {
		c.Close()
		return nil, &UnreachableError{Host: host, Err: err}
	}
	if versions.LessThan(ping.APIVersion, MinAPIVersion) {
		c.Close()
		return nil, &TooOldError{Host: host, APIVersion: ping.APIVersion}
	}
	c.NegotiateAPIVersionPing(ping)
	return c, nil
}
