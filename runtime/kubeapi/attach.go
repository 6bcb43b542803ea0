package kubeapi

import (
	"context"
	"io"
	"net/http"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// attach connects a client with the process that a container was started with, over SPDY or a WebSocket.
func attach(config Config) action {
	return func(w http.ResponseWriter, r *http.Request, key types.NamespacedName) error {
		options, err := attachOptions(r.URL.Query())
		if err != nil {
			return err
		}
		pod, err := config.Store.Pods.Get(key)
		if err != nil {
			return err
		}
		container, streams, err := session(pod, options.Container, &remotecommand.Options{
			Stdin: options.Stdin, Stdout: options.Stdout, Stderr: options.Stderr, TTY: options.TTY,
		})
		if err != nil {
			return err
		}
		ctx, leave := context.WithCancel(r.Context())
		defer leave()
		remotecommand.ServeAttach(leavable{w, leave}, r.WithContext(ctx), nodeAttacher{config.Node, key, streams}, key.Name, string(pod.UID), container,
			streams, streamIdleTimeout, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
		return nil
	}
}

// nodeAttacher makes the connections of one request.
type nodeAttacher struct {
	node    Node
	pod     types.NamespacedName
	streams *remotecommand.Options
}

// AttachContainer implements remotecommand.Attacher.
func (a nodeAttacher) AttachContainer(ctx context.Context, _, _, container string, in io.Reader, out, errOut io.WriteCloser,
	tty bool, resize <-chan remotecommand.TerminalSize) error {
	return a.node.Attach(ctx, a.pod.Namespace, a.pod.Name, container, wanted(a.streams, in, out, errOut, tty, resize))
}
