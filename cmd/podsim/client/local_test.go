package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime/endpoint"
)

// hangingEngine is a Docker Engine that never answers; one that pings answers the question whether it is there. asked
// gets a token when the first question comes that has no answer.
func hangingEngine(t *testing.T, pings bool) (host string, asked <-chan struct{}) {
	path := filepath.Join(shortDirectory(t), "d.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case came <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	})
	if pings {
		mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "unix://" + path, came
}

// shortDirectory is a temporary directory whose path leaves room for that of a socket.
func shortDirectory(t *testing.T) string {
	dir, err := os.MkdirTemp("", "podsim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestANodeThatWaitsForTheEngineCanBeInterrupted(t *testing.T) {
	for name, pings := range map[string]bool{"an engine that accepts and never answers": false, "one that hangs after the ping": true} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(endpoint.DirectoryVariable, shortDirectory(t))
			host, asked := hangingEngine(t, pings)
			session := &Session{Host: host}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := session.ConnectOrServe(ctx, nodeflags.Options{})
				ended <- err
			}()
			select {
			case <-asked:
			case err := <-ended:
				t.Fatalf("it never asked the engine: %v", err)
			}
			cancel()
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error: %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it goes on")
			}
			target, err := session.target()
			if err != nil {
				t.Fatal(err)
			}
			lease, err := endpoint.Acquire(target.dir)
			if err != nil {
				t.Fatalf("the lease is not given back: %v", err)
			}
			lease.Close()
		})
	}
}
