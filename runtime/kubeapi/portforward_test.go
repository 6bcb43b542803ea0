package kubeapi_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/websocket"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// forwardDialers are client-go's ways to a pod's ports, by name.
func (a *api) forwardDialers(pod string) map[string]httpstream.Dialer {
	a.t.Helper()
	at := a.clients().CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(a.config())
	if err != nil {
		a.t.Fatal(err)
	}
	tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(at, a.config())
	if err != nil {
		a.t.Fatal(err)
	}
	return map[string]httpstream.Dialer{
		"SPDY": spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, at), "SPDY in a WebSocket": tunnel,
	}
}

// forward forwards a free local port to a port of the pod; stop ends that, and ended tells how it ended.
func (a *api) forward(dialer httpstream.Dialer, port string) (local string, stop func(), ended <-chan error) {
	a.t.Helper()
	stopping, ready, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	forwarder, err := portforward.NewOnAddressesForStreaming(dialer, []string{"127.0.0.1"}, []string{":" + port}, stopping, ready, io.Discard, io.Discard)
	if err != nil {
		a.t.Fatal(err)
	}
	go func() { result <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-result:
		a.t.Fatal(err)
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		a.t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", ports[0].Local), func() { close(stopping) }, result
}

func TestPortsAreForwarded(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for name, dialer := range api.forwardDialers("a") {
		t.Run(name, func(t *testing.T) {
			local, stop, ended := api.forward(dialer, "7")
			dial := func() net.Conn {
				conn, err := net.Dial("tcp", local)
				if err != nil {
					t.Fatal(err)
				}
				return conn
			}
			first, second := dial(), dial() // at the same time
			for i, conn := range []net.Conn{first, second} {
				text := strings.Repeat(fmt.Sprint(i), 100_000)
				go func() { _, _ = io.WriteString(conn, text) }()
				back := make([]byte, len(text))
				if _, err := io.ReadFull(conn, back); err != nil || string(back) != text {
					t.Errorf("connection %d: %v", i, err)
				}
			}
			first.Close()
			stop() // with a connection that is open
			if err := <-ended; err != nil {
				t.Error(err)
			}
			api.node.dialed.Wait()
		})
	}
}

// A WebSocket carries a pair of channels for each port, for its data and for its errors, and each begins with the number of the port.
func TestPortsAreForwardedOverAWebSocket(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	socket, err := api.openSocket("/api/v1/namespaces/default/pods/a/portforward?ports=7&ports=8", "v4.channel.k8s.io")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	receive := func() (message []byte) {
		t.Helper()
		if err := websocket.Message.Receive(socket, &message); err != nil {
			t.Fatal(err)
		}
		return message
	}
	begun := map[string]bool{}
	for range 4 {
		begun[string(receive())] = true
	}
	if want := map[string]bool{"\x00\x07\x00": true, "\x01\x07\x00": true, "\x02\x08\x00": true, "\x03\x08\x00": true}; !maps.Equal(begun, want) {
		t.Errorf("the channels begin with %v", begun)
	}
	if err := websocket.Message.Send(socket, []byte("\x02there and back")); err != nil {
		t.Fatal(err)
	}
	if got := receive(); string(got) != "\x02there and back" {
		t.Errorf("port 8 answers %q", got)
	}
	if _, err := api.openSocket("/api/v1/namespaces/default/pods/a/portforward", "v4.channel.k8s.io"); err == nil {
		t.Error("no port is forwarded")
	}
}

// TestForwardingEndsWithTheNode: the client hears of it, whether or not a connection is open.
func TestForwardingEndsWithTheNode(t *testing.T) {
	for _, name := range []string{"SPDY", "SPDY in a WebSocket"} {
		t.Run(name, func(t *testing.T) {
			api := serve(t)
			api.havePod("a")
			local, _, ended := api.forward(api.forwardDialers("a")[name], "7")
			conn, err := net.Dial("tcp", local)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "x"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			_, _, idle := api.forward(api.forwardDialers("a")[name], "7")
			api.stop()
			for _, ended := range []<-chan error{ended, idle} {
				if err := <-ended; !errors.Is(err, portforward.ErrLostConnectionToPod) {
					t.Error(err)
				}
			}
			api.node.dialed.Wait()
		})
	}
}

// TestAPortWhereNobodyListens ends the whole session, as client-go does it.
func TestAPortWhereNobodyListens(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for name, dialer := range api.forwardDialers("a") {
		local, _, ended := api.forward(dialer, "9")
		conn, err := net.Dial("tcp", local)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(conn); len(got) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := <-ended; !errors.Is(err, portforward.ErrLostConnectionToPod) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAttachedStreamsGoBothWays(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for name, executor := range api.attachers(&corev1.PodAttachOptions{Stdin: true, Stdout: true}) {
		var out strings.Builder
		err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader("one\ntwo\nquit\n"), Stdout: &out})
		if err != nil || out.String() != "ONE\nTWO\n" {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
	for name, executor := range api.attachers(&corev1.PodAttachOptions{Stdout: true}) {
		var out strings.Builder
		err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: &out})
		if err != nil || out.String() != "main of a hears nothing" {
			t.Errorf("%s without stdin: %q, %v", name, out.String(), err)
		}
	}
	api.havePod("ended", func(pod *corev1.Pod) { pod.Name, pod.Status.ContainerStatuses = "ended", nil })
	for _, path := range []string{"a/attach?container=main", "a/attach?container=other&stdout=true", "ended/attach?stdout=true"} {
		response := api.do("GET", "/api/v1/namespaces/default/pods/"+path, "")
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != 400 && response.StatusCode != 500 {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
	}
}

// attachers are the ways in which clients attach, as executors are.
func (a *api) attachers(options *corev1.PodAttachOptions) map[string]remotecommand.Executor {
	a.t.Helper()
	return a.executorsAt(a.clients().CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("a").SubResource("attach").
		VersionedParams(options, scheme.ParameterCodec).URL())
}
