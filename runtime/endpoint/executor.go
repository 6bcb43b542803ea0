package endpoint

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	clientspdy "k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// Executor runs commands in containers for kubectl's exec: it is a k8s.io/kubectl/pkg/cmd/exec.RemoteExecutor that
// connects as the configuration's Dial says, which client-go's own executors do not. Its zero value is ready.
type Executor struct{}

// Execute is ExecuteWithContext without a context.
func (e Executor) Execute(url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer, tty bool, sizes remotecommand.TerminalSizeQueue) error {
	return e.ExecuteWithContext(context.Background(), url, config, stdin, stdout, stderr, tty, sizes)
}

// ExecuteWithContext runs the command that the URL names and copies its streams, those that are not nil, until it ends. An
// exit code other than 0 is a k8s.io/client-go/util/exec.CodeExitError.
func (Executor) ExecuteWithContext(ctx context.Context, url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer,
	tty bool, sizes remotecommand.TerminalSizeQueue) error {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return fmt.Errorf("connecting to the node: %w", err)
	}
	upgrade, err := spdy.NewRoundTripperWithConfig(spdy.RoundTripperConfig{
		PingPeriod:       5 * time.Second,
		UpgradeTransport: &http.Transport{DialContext: config.Dial, TLSClientConfig: tlsConfig},
	})
	if err != nil {
		return fmt.Errorf("connecting to the node: %w", err)
	}
	transport, err := rest.HTTPWrappersForConfig(config, upgrade)
	if err != nil {
		return fmt.Errorf("connecting to the node: %w", err)
	}
	executor, err := remotecommand.NewSPDYExecutorForTransports(transport, clientspdy.NewUpgraderForStreaming(upgrade), http.MethodPost, url)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin: stdin, Stdout: stdout, Stderr: stderr, Tty: tty, TerminalSizeQueue: sizes,
	})
}
