//go:build linux

package network

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/pkg/stdcopy"
)

// agentEngine is an engine whose sandbox is this machine: its execs run the embedded agent, and end with the test.
func agentEngine(t *testing.T) *streamEngine {
	t.Helper()
	program, err := gzippedAgent(runtime.GOARCH)
	if err != nil {
		t.Skip(err)
	}
	content, err := gunzip(program)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "agent")
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
	var execs sync.WaitGroup
	t.Cleanup(execs.Wait)
	return &streamEngine{run: func(command []string, stream net.Conn) {
		execs.Add(1)
		defer execs.Done()
		t.Cleanup(func() { stream.Close() })
		agent := exec.Command(path, command[1:]...)
		agent.Stdout = stdcopy.NewStdWriter(stream, stdcopy.Stdout)
		agent.Stderr = stdcopy.NewStdWriter(stream, stdcopy.Stderr)
		stdin, err := agent.StdinPipe()
		if err == nil {
			err = agent.Start()
		}
		if err != nil {
			t.Error(err)
			stream.Close()
			return
		}
		go func() {
			io.Copy(stdin, stream)
			stdin.Close()
		}()
		agent.Wait()
		stream.Close()
	}}
}

// serve answers one connection and returns its address.
func serve(t *testing.T, answer func(c *net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := listener.Accept(); err == nil {
			answer(c.(*net.TCPConn))
			c.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String()
}

func tunnelTo(t *testing.T, engine ExecEngine, address string) net.Conn {
	t.Helper()
	c, err := Tunnel(engine, "sandbox")(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAnHTTPServerIsReachedThroughTheTunnel(t *testing.T) {
	body := strings.Repeat("0123456789", 100_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
	defer server.Close()
	engine := agentEngine(t)
	client := http.Client{Transport: &http.Transport{DialContext: Tunnel(engine, "sandbox"), DisableKeepAlives: true}}
	response, err := client.Post(server.URL, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || string(got) != body {
		t.Errorf("got %d bytes of %d, error %v", len(got), len(body), err)
	}
}

func TestBothEndsMayCloseTheirDirectionFirst(t *testing.T) {
	engine := agentEngine(t)
	t.Run("ours", func(t *testing.T) {
		c := tunnelTo(t, engine, serve(t, func(c *net.TCPConn) {
			question, _ := io.ReadAll(c)
			io.WriteString(c, "answer to "+string(question))
		}))
		io.WriteString(c, "question")
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Error(err)
		}
		if got, err := io.ReadAll(c); err != nil || string(got) != "answer to question" {
			t.Errorf("got %q, error %v", got, err)
		}
	})
	t.Run("theirs", func(t *testing.T) {
		heard := make(chan string, 1)
		c := tunnelTo(t, engine, serve(t, func(c *net.TCPConn) {
			c.CloseWrite()
			question, _ := io.ReadAll(c)
			heard <- string(question)
		}))
		if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
			t.Errorf("got %q, error %v", got, err)
		}
		io.WriteString(c, "still here")
		c.Close()
		if got := <-heard; got != "still here" {
			t.Errorf("the server heard %q", got)
		}
	})
}

func TestCloseEndsTheAgentsConnectionThoughTheServerGoesOn(t *testing.T) {
	engine := agentEngine(t)
	c := tunnelTo(t, engine, serve(t, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read after Close gives %v", err)
	}
}

func TestAConnectionThroughTheTunnelGoesOnAfterADeadline(t *testing.T) {
	engine := agentEngine(t)
	c := tunnelTo(t, engine, serve(t, func(c *net.TCPConn) { io.Copy(c, c) }))
	c.SetDeadline(time.Now().Add(time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.HasSuffix(err.Error(), "->"+c.RemoteAddr().String()+": i/o timeout") {
		t.Errorf("got %v", err)
	}
	c.SetDeadline(time.Time{})
	io.WriteString(c, "line\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "line\n" {
		t.Errorf("got %q, error %v", line, err)
	}
}

func TestAResetIsToldAsWithoutTheTunnel(t *testing.T) {
	engine := agentEngine(t)
	c := tunnelTo(t, engine, serve(t, func(c *net.TCPConn) {
		c.Read(make([]byte, 1))
		c.SetLinger(0)
	}))
	io.WriteString(c, "x")
	_, err := c.Read(make([]byte, 1))
	if err == nil || !strings.HasSuffix(err.Error(), "read: connection reset by peer") {
		t.Errorf("got %v", err)
	}
}

func TestADialThroughTheTunnelFailsWithTheWordsOfADirectOne(t *testing.T) {
	engine := agentEngine(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	listener.Close()
	for _, address := range []string{closed, "127.0.0.1:none", "127.0.0.1"} {
		_, want := Direct()(t.Context(), "tcp", address)
		_, got := Tunnel(engine, "sandbox")(t.Context(), "tcp", address)
		if want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}
