package kubeapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/kubeapi"

	"golang.org/x/net/websocket"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
	kubectlexec "k8s.io/kubectl/pkg/cmd/exec"
)

func TestFollowedLogArrivesLineByLineAndEndsWithTheClient(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	lines := make(chan string)
	closed := make(chan struct{})
	api.node.logs = func(ctx context.Context, options *corev1.PodLogOptions) (io.ReadCloser, error) {
		if !options.Follow || *options.TailLines != 2 || options.Container != "main" {
			return nil, fmt.Errorf("options: %v", options)
		}
		reader, writer := io.Pipe()
		go func() {
			defer close(closed)
			for {
				select {
				case line := <-lines:
					io.WriteString(writer, line+"\n")
				case <-ctx.Done():
					return
				}
			}
		}()
		return reader, nil
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	tail := int64(2)
	log, err := api.clients().CoreV1().Pods("default").GetLogs("a", &corev1.PodLogOptions{Follow: true, TailLines: &tail}).Stream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(log)
	for _, line := range []string{"one", "two"} {
		lines <- line
		if got, err := reader.ReadString('\n'); err != nil || got != line+"\n" {
			t.Errorf("line %q, %v; want %q", got, err, line)
		}
	}
	leave()
	<-closed
	api.Server.Close() // returns when no request is served any more
}

func TestBrokenLogIsNotTakenForAWholeOne(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	api.node.logs = func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("half"), broken{})), nil
	}
	body, err := io.ReadAll(api.do("GET", "/api/v1/namespaces/default/pods/a/log", "").Body)
	if string(body) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", body, err)
	}
}

func TestLogThatTheEndOfTheServerCutIsNotTakenForAWholeOne(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	api.node.logs = func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		go io.WriteString(writer, "half")
		return reader, nil
	}
	response := api.do("GET", "/api/v1/namespaces/default/pods/a/log?follow=true", "")
	if _, err := io.ReadFull(response.Body, make([]byte, len("half"))); err != nil {
		t.Fatal(err)
	}
	api.stop()
	if rest, err := io.ReadAll(response.Body); len(rest) > 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("then read %q, %v", rest, err)
	}
}

// openSocket opens a WebSocket in one of the protocols; "" is none.
func (a *api) openSocket(path, protocol string) (*websocket.Conn, error) {
	a.t.Helper()
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(a.URL, "http")+path, "http://localhost")
	if err != nil {
		a.t.Fatal(err)
	}
	if protocol != "" {
		config.Protocol = []string{protocol}
	}
	return websocket.DialConfig(config)
}

func TestALogComesThroughAWebSocket(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	api.node.logs = func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("whole\n")), nil
	}
	for protocol, want := range map[string]string{"": "whole\n", "binary.k8s.io": "whole\n", "base64.binary.k8s.io": "d2hvbGUK"} {
		socket, err := api.openSocket("/api/v1/namespaces/default/pods/a/log", protocol)
		if err != nil {
			t.Fatal(err)
		}
		var first, second, end []byte
		if err := errors.Join(websocket.Message.Receive(socket, &first), websocket.Message.Receive(socket, &second)); err != nil ||
			len(first) > 0 || string(second) != want {
			t.Errorf("%q: %q and %q, %v", protocol, first, second, err)
		}
		if err := websocket.Message.Receive(socket, &end); err != io.EOF {
			t.Errorf("%q ends with %q, %v", protocol, end, err)
		}
	}
	if _, err := api.openSocket("/api/v1/namespaces/default/pods/a/log", "other.k8s.io"); err == nil {
		t.Error("a protocol that nobody knows is taken")
	}
	api.Server.Close() // returns when no request is served any more
}

func TestALogFollowedThroughAWebSocketEndsWithTheClient(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	closed, closes := context.WithCancel(t.Context())
	defer closes()
	api.node.logs = func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		go io.WriteString(writer, "line\n")
		return noticed{reader, closes}, nil
	}
	socket, err := api.openSocket("/api/v1/namespaces/default/pods/a/log?follow=true", "binary.k8s.io")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", "line\n"} {
		var got string
		if err := websocket.Message.Receive(socket, &got); err != nil || got != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
	socket.Close()
	<-closed.Done()
	api.Server.Close() // returns when no request is served any more
}

// noticed is a log that tells when it is closed.
type noticed struct {
	*io.PipeReader
	closes func()
}

func (n noticed) Close() error {
	n.closes()
	return n.PipeReader.Close()
}

// broken is a reader that always fails.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// executors are the ways in which clients connect: SPDY, a WebSocket in the protocol of a kubelet, and what kubectl does,
// which asks for a newer protocol first.
func (a *api) executors(options *corev1.PodExecOptions) map[string]remotecommand.Executor {
	a.t.Helper()
	request := a.clients().CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("a").
		SubResource("exec").VersionedParams(options, scheme.ParameterCodec)
	return a.executorsAt(request.URL())
}

func (a *api) executorsAt(at *url.URL) map[string]remotecommand.Executor {
	a.t.Helper()
	spdy, err := remotecommand.NewSPDYExecutor(a.config(), http.MethodPost, at)
	if err != nil {
		a.t.Fatal(err)
	}
	socket, err := remotecommand.NewWebSocketExecutorForProtocols(a.config(), http.MethodGet, at.String(), "v4.channel.k8s.io")
	if err != nil {
		a.t.Fatal(err)
	}
	return map[string]remotecommand.Executor{"SPDY": spdy, "WebSocket": socket, "kubectl": kubectl{a.config(), at}}
}

// kubectl executes as kubectl exec does.
type kubectl struct {
	config *rest.Config
	url    *url.URL
}

func (k kubectl) Stream(options remotecommand.StreamOptions) error {
	return k.StreamWithContext(context.Background(), options)
}

func (k kubectl) StreamWithContext(ctx context.Context, options remotecommand.StreamOptions) error {
	executor := &kubectlexec.DefaultRemoteExecutor{}
	return executor.ExecuteWithContext(ctx, k.url, k.config, options.Stdin, options.Stdout, options.Stderr, options.Tty, options.TerminalSizeQueue)
}

func TestExecCarriesStreamsAndExitCode(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for name, executor := range api.executors(&corev1.PodExecOptions{Command: []string{"sh", "-c", "exit 7"}, Stdout: true, Stderr: true}) {
		t.Run(name, func(t *testing.T) {
			api.node.exec = func(_ context.Context, options kubeapi.ExecOptions) error {
				if fmt.Sprint(options.Container, options.Command) != "main[sh -c exit 7]" || options.Stdin != nil || options.Resize != nil || options.TTY {
					return fmt.Errorf("options: %+v", options)
				}
				io.WriteString(options.Stdout, "out")
				io.WriteString(options.Stderr, "err")
				return fmt.Errorf("wrapped: %w", utilexec.CodeExitError{Err: errors.New("exit status 7"), Code: 7})
			}
			var out, errOut bytes.Buffer
			err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: &out, Stderr: &errOut})
			var exit utilexec.CodeExitError
			if !errors.As(err, &exit) || exit.Code != 7 || err.Error() != "command terminated with exit code 7" {
				t.Errorf("error: %v", err)
			}
			if out.String() != "out" || errOut.String() != "err" {
				t.Errorf("stdout %q, stderr %q", &out, &errOut)
			}
		})
		t.Run(name+" with an error", func(t *testing.T) {
			api.node.exec = func(context.Context, kubeapi.ExecOptions) error { return errors.New(`container not found ("main")`) }
			err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: io.Discard, Stderr: io.Discard})
			if err == nil || !strings.Contains(err.Error(), `container not found ("main")`) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestExecEchoesStdin(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	executor := api.executors(&corev1.PodExecOptions{Command: []string{"cat"}, Stdin: true, Stdout: true})["kubectl"]
	var out bytes.Buffer
	err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader("through and back"), Stdout: &out})
	var exit utilexec.CodeExitError
	if !errors.As(err, &exit) || exit.Code != 7 || out.String() != "through and back" {
		t.Errorf("stdout %q, error %v", &out, err)
	}
}

// sizes is a terminal whose size changes once.
type sizes chan remotecommand.TerminalSize

func (s sizes) Next() *remotecommand.TerminalSize {
	size, ok := <-s
	if !ok {
		return nil
	}
	return &size
}

func TestExecResizesTheTerminal(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	executor := api.executors(&corev1.PodExecOptions{Command: []string{"sh"}, Stdout: true, Stderr: true, TTY: true})["SPDY"]
	terminal := make(sizes, 2)
	terminal <- remotecommand.TerminalSize{Width: 80, Height: 24}
	terminal <- remotecommand.TerminalSize{Width: 100, Height: 30}
	defer close(terminal)
	api.node.exec = func(ctx context.Context, options kubeapi.ExecOptions) error {
		if options.Stderr != nil || !options.TTY {
			return errors.New("a terminal has one output")
		}
		for range 2 {
			select {
			case size := <-options.Resize:
				fmt.Fprintf(options.Stdout, "%dx%d ", size.Width, size.Height)
			case <-time.After(10 * time.Second):
				return errors.New("no size came")
			}
		}
		return nil
	}
	var out bytes.Buffer
	err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: &out, Tty: true, TerminalSizeQueue: terminal})
	if err != nil || out.String() != "80x24 100x30 " {
		t.Errorf("stdout %q, error %v", &out, err)
	}
}

func TestNoSessionBeginsInAContainerThatDoesNotRun(t *testing.T) {
	api := serve(t)
	api.havePod("a", func(pod *corev1.Pod) { pod.Status.ContainerStatuses = nil })
	for name, executor := range api.executors(&corev1.PodExecOptions{Command: []string{"ls"}, Stdout: true}) {
		err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: io.Discard})
		if err == nil || !strings.HasPrefix(err.Error(), "unable to upgrade ") || !strings.HasSuffix(err.Error(), `: container not found ("main")`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommandsSessionEndsWithItsClient(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for name, executor := range api.executors(&corev1.PodExecOptions{Command: []string{"sleep"}, Stdout: true}) {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			api.node.exec = func(ctx context.Context, options kubeapi.ExecOptions) error {
				io.WriteString(options.Stdout, "begun")
				<-ctx.Done()
				close(ended)
				return ctx.Err()
			}
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			output, stdout := io.Pipe()
			go executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: stdout})
			if _, err := io.ReadFull(output, make([]byte, len("begun"))); err != nil {
				t.Fatal(err)
			}
			leave()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Error("the session goes on without its client")
				api.stop()
			}
		})
	}
}
