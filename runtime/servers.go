package runtime

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kubeapi"
)

// openPort opens the TCP port of the options, or the one that an earlier node had, for whose clients it is enough to try; nil if there is
// none.
func (n *Node) openPort() (*endpoint.Port, error) {
	dir := n.options.StateDir
	if n.options.Listen != "" {
		return endpoint.OpenPort(dir, n.options.Listen)
	}
	if dir == "" {
		return nil, nil
	}
	remembered, err := endpoint.RememberedAddress(dir)
	if remembered == "" || err != nil {
		return nil, err
	}
	port, err := endpoint.OpenPort(dir, remembered)
	if err != nil {
		n.log.Warn("kubeconfigs that were written before do not reach this node", "error", err)
		return nil, nil
	}
	return port, nil
}

const (
	// shutdownTime is how long requests that are under way may take to end when the node stops.
	shutdownTime = 2 * time.Second
	// headerTime is how long a client may take to say what it wants, and keepAliveTime until it says the next thing, as with the API
	// server: anyone on this machine may connect to the TCP port.
	headerTime    = 32 * time.Second
	keepAliveTime = 90 * time.Second
)

// servers serve the API on the node's socket and on its TCP port.
type servers struct {
	context context.Context // of all requests
	// tokens let clients in on the TCP port, too; nil let in none.
	tokens   authenticator.Token
	stateDir string
	api      http.Handler
	log      *slog.Logger
	failed   chan error // gets why the first server ended that nobody shut down

	mu      sync.Mutex
	port    *endpoint.Port // nil as long as there is none
	running []*http.Server
	wg      sync.WaitGroup
}

// access lets a client in on the TCP port, which is opened if there is none yet.
func (s *servers) access() (endpoint.Access, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.context.Err() != nil {
		return endpoint.Access{}, errors.New("the node is shutting down; try again")
	}
	if s.port == nil {
		port, err := endpoint.OpenPort(s.stateDir, endpoint.AnyPort)
		if err != nil {
			return endpoint.Access{}, err
		}
		s.serveOn(port)
	}
	return s.port.NewAccess(kubeapi.Admin)
}

// serveOn serves the clients of the port that have access.
func (s *servers) serveOn(port *endpoint.Port) {
	s.port = port
	s.log.Info("the Kubernetes API is served over TCP, too", "address", port.Listener.Addr())
	server := &http.Server{
		Handler:           kubeapi.ForHolders(port.TLS.ClientCAs, s.tokens, s.api),
		TLSConfig:         port.TLS,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       keepAliveTime,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // it tells of failed handshakes
	}
	s.serve(server, func(server *http.Server) error { return server.ServeTLS(port.Listener, "", "") })
}

// serve runs a server until shutdown.
func (s *servers) serve(server *http.Server, on func(*http.Server) error) {
	server.BaseContext = func(net.Listener) context.Context { return s.context }
	s.running = append(s.running, server)
	s.wg.Go(func() {
		if err := on(server); !errors.Is(err, http.ErrServerClosed) {
			select {
			case s.failed <- err:
			default:
			}
		}
	})
}

// shutdown ends all servers, once their context has ended.
func (s *servers) shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	for _, server := range s.running {
		s.wg.Go(func() {
			if err := server.Shutdown(last); err != nil {
				_ = server.Close() // what is still open is a watch or a log that follows
			}
		})
	}
	s.wg.Wait()
}
