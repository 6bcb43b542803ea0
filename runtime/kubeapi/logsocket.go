package kubeapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/net/websocket"
)

// The protocols of a WebSocket that carries bytes one way: in binary messages, also for who asks for no protocol, or in Base64 as text.
const (
	binarySocket = "binary.k8s.io"
	base64Socket = "base64.binary.k8s.io"
)

// sendOverWebSocket answers with what there is to read in the messages of a WebSocket, an empty one first, as an API server does. The reader
// is closed when the client leaves. Only what was read to its end ends with the closing handshake.
func sendOverWebSocket(w http.ResponseWriter, r *http.Request, from io.ReadCloser) {
	server := websocket.Server{Handshake: chooseProtocol, Handler: func(socket *websocket.Conn) {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			defer from.Close()
			_, _ = io.Copy(io.Discard, socket) // a client says nothing but that it leaves
		}()
		defer context.AfterFunc(r.Context(), func() { _ = socket.SetDeadline(time.Now()) })() // the client need not read
		if sendMessages(socket, from) == nil {
			socket.Close()
		} else {
			_ = socket.SetReadDeadline(time.Now())
		}
		<-gone
	}}
	server.ServeHTTP(w, r)
}

// chooseProtocol takes the first protocol of the client's that is known.
func chooseProtocol(config *websocket.Config, _ *http.Request) error {
	if len(config.Protocol) == 0 {
		return nil
	}
	known := slices.IndexFunc(config.Protocol, func(name string) bool { return name == binarySocket || name == base64Socket })
	if known < 0 {
		return fmt.Errorf("requested protocol(s) are not supported: %v; supports %s and %s", config.Protocol, binarySocket, base64Socket)
	}
	config.Protocol = config.Protocol[known : known+1]
	return nil
}

// sendMessages sends what it reads at once. It returns nil when it has sent all.
func sendMessages(socket *websocket.Conn, from io.Reader) error {
	send := func(piece []byte) error { return websocket.Message.Send(socket, piece) }
	if slices.Contains(socket.Config().Protocol, base64Socket) {
		send = func(piece []byte) error {
			return websocket.Message.Send(socket, base64.StdEncoding.EncodeToString(piece))
		}
	}
	if err := send([]byte{}); err != nil {
		return err
	}
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if err := send(piece[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
