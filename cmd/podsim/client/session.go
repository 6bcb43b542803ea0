// Package client finds podsim's node for the engine in use, or starts one, and connects the commands to it.
//
// There is one node for a user and an engine. It runs in the background, in the process of an `up` in the foreground, or
// as `podsim node`; whichever process holds the lease is the node. The commands talk to it over a unix socket, in the
// Kubernetes API.
package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
)

// defaultIdleTimeout is how long a node in the background lives on after its last pod is gone.
const defaultIdleTimeout = 15 * time.Second

// startLimit is how long a node in the background gets until it serves; it may have many pods to take over.
const startLimit = 2 * time.Minute

// idleTimeoutVariable is the environment variable that overrides defaultIdleTimeout; a duration such as 1m.
const idleTimeoutVariable = "PODSIM_IDLE_TIMEOUT"

// Session is what one run of podsim knows about its node: the values of the global flags, and the connection once a
// command has asked for it.
type Session struct {
	// Host is the value of --host; empty means DOCKER_HOST, the Docker context, or the default socket.
	Host string
	// Namespace is the value of --namespace; empty means that the user named none.
	Namespace string
	// As is who the user of kubectl's verbs pretends to be; nobody if it is empty.
	As rest.ImpersonationConfig
	// Version is that of this program; "" if it has none.
	Version string

	mu         sync.Mutex
	connection *Connection
}

// EngineHost is the endpoint of the engine in use.
func (s *Session) EngineHost() (string, error) { return engine.Host(s.Host) }

// target is where the node of a session is, or will be.
type target struct {
	host string // of the engine
	dir  string // the state directory, with the lease and the socket
	// version is that of this program.
	version string
}

func (s *Session) target() (target, error) {
	host, err := s.EngineHost()
	if err != nil {
		return target{}, err
	}
	dir, err := endpoint.Directory(host)
	return target{host, dir, s.Version}, err
}

// Connect finds the node that runs for the engine, or starts one in the background with options. All calls share one
// connection.
func (s *Session) Connect(ctx context.Context, options nodeflags.Options) (*Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		return s.connection, nil
	}
	t, err := s.target()
	if err != nil {
		return nil, err
	}
	started, err := t.ensureNode(ctx, options)
	if err != nil {
		return nil, err
	}
	connection, err := newConnection(t, options)
	if err != nil {
		return nil, err
	}
	connection.StartedNode = started
	s.connection = connection
	return connection, nil
}

// ensureNode starts a node in the background unless one answers. A node that is there and does not answer is an error; one of an older
// podsim is replaced.
func (t target) ensureNode(ctx context.Context, options nodeflags.Options) (started bool, err error) {
	there, err := endpoint.Identify(ctx, t.dir)
	if errors.Is(err, endpoint.ErrSilent) {
		return false, err
	}
	if err == nil {
		return false, t.replace(ctx, there)
	}
	args, err := nodeArguments(t.host, options)
	if err != nil {
		return false, err
	}
	return t.spawn(ctx, endpoint.Node{Args: args})
}

// spawn starts this program as a node in the background.
func (t target) spawn(ctx context.Context, node endpoint.Node) (started bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return false, fmt.Errorf("finding podsim's own program: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it does not serve after %v; the Docker Engine at %s may be slow or hang: "+
		"see whether docker -H %s version answers, and try again", startLimit, t.host, t.host))
	defer cancel()
	node.Executable = self
	return endpoint.Spawn(ctx, node, t.dir)
}

// idleTimeout is the idle timeout of a node in the background.
func idleTimeout() (time.Duration, error) {
	text := os.Getenv(idleTimeoutVariable)
	if text == "" {
		return defaultIdleTimeout, nil
	}
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return 0, fmt.Errorf("%s=%q is not a positive duration such as 30s or 2m", idleTimeoutVariable, text)
	}
	return timeout, nil
}

// nodeArguments are the arguments of a podsim that runs the node in the background.
func nodeArguments(host string, options nodeflags.Options) ([]string, error) {
	timeout, err := idleTimeout()
	if err != nil {
		return nil, err
	}
	return append([]string{"node", "--host", host, "--idle-timeout", timeout.String()}, options.Arguments()...), nil
}
