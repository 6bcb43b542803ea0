package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	clientspdy "k8s.io/client-go/transport/spdy"
	utilexec "k8s.io/client-go/util/exec"
	"k8s.io/klog/v2"
	portforwardcmd "k8s.io/kubectl/pkg/cmd/portforward"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// upgrading is a transport that connects as the configuration's Dial says, and what makes streams of its connections.
func upgrading(config *rest.Config) (http.RoundTripper, clientspdy.Upgrader, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the node: %w", err)
	}
	upgrade, err := spdy.NewRoundTripperWithConfig(spdy.RoundTripperConfig{
		PingPeriod:       5 * time.Second,
		UpgradeTransport: &http.Transport{DialContext: config.Dial, TLSClientConfig: tlsConfig},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the node: %w", err)
	}
	transport, err := rest.HTTPWrappersForConfig(config, upgrade)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the node: %w", err)
	}
	return transport, clientspdy.NewUpgraderForStreaming(upgrade), nil
}

// Forwarder connects local ports with ports of a pod for kubectl's port-forward, as Executor runs commands. It says on Out and ErrOut what
// it does.
type Forwarder struct{ genericiooptions.IOStreams }

// ForwardPorts listens on the addresses and ports of the options until their StopChannel is closed.
func (f Forwarder) ForwardPorts(method string, url *url.URL, options portforwardcmd.PortForwardOptions) error {
	transport, upgrader, err := upgrading(options.Config)
	if err != nil {
		return err
	}
	dialer := clientspdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, method, url)
	ctx := klog.NewContext(wait.ContextForChannel(options.StopChannel), logr.New(complaints{f.ErrOut})) // connections that fail are but logged
	forwarder, err := portforward.NewOnAddressesForStreamingWithContext(ctx, dialer, options.Address, options.Ports, options.ReadyChannel, f.Out, f.ErrOut)
	if err != nil {
		return err
	}
	return forwarder.ForwardPorts()
}

// complaints writes the errors of a log, a line each, and nothing else.
type complaints struct{ to io.Writer }

func (complaints) Init(logr.RuntimeInfo)                    {}
func (complaints) Enabled(int) bool                         { return false }
func (complaints) Info(int, string, ...any)                 {}
func (c complaints) WithValues(...any) logr.LogSink         { return c }
func (c complaints) WithName(string) logr.LogSink           { return c }
func (c complaints) Error(err error, what string, _ ...any) { fmt.Fprintf(c.to, "%s: %v\n", what, err) }

// Executor runs commands in containers for kubectl's exec: it is a k8s.io/kubectl/pkg/cmd/exec.RemoteExecutor that
// connects as the configuration's Dial says, which client-go's own executors do not. Its zero value is ready.
type Executor struct{}

// Execute is ExecuteWithContext without a context.
func (e Executor) Execute(url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer, tty bool, sizes remotecommand.TerminalSizeQueue) error {
	return e.ExecuteWithContext(context.Background(), url, config, stdin, stdout, stderr, tty, sizes)
}

// ExecuteWithContext runs the command that the URL names and copies its streams, those that are not nil, until it ends. An
// exit code other than 0 is a k8s.io/client-go/util/exec.CodeExitError. It returns when the context ends, also if the command does not read
// what it is sent.
func (Executor) ExecuteWithContext(ctx context.Context, url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer,
	tty bool, sizes remotecommand.TerminalSizeQueue) error {
	transport, upgrader, err := upgrading(closing(ctx, config))
	if err != nil {
		return err
	}
	executor, err := remotecommand.NewSPDYExecutorForTransports(transport, upgrader, http.MethodPost, url)
	if err != nil {
		return err
	}
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin: stdin, Stdout: stdout, Stderr: stderr, Tty: tty, TerminalSizeQueue: sizes,
	})
	var exited utilexec.CodeExitError
	if ctx.Err() != nil && !errors.As(err, &exited) {
		return ctx.Err() // a connection that was closed may look like the end of a command that did well, or like anything else
	}
	return err
}

// closing is the configuration with connections that are closed when the context ends. SPDY says goodbye before it closes one, and waits
// with that for what is being sent, which the other side may never take.
func closing(ctx context.Context, config *rest.Config) *rest.Config {
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	config = rest.CopyConfig(config)
	config.Dial = func(dialing context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		return &closingConn{connection, context.AfterFunc(ctx, func() { _ = connection.Close() })}, nil
	}
	return config
}

// closingConn is a connection that is closed by others, too.
type closingConn struct {
	net.Conn
	keep func() bool // from being closed by them
}

func (c *closingConn) Close() error {
	c.keep()
	return c.Conn.Close()
}
