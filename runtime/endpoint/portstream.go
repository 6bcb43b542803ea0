package endpoint

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	clientspdy "k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// PortStream is a connection with a port of a pod, through the API. Close ends it; CloseWrite tells the pod that nothing more comes.
type PortStream struct {
	httpstream.Stream
	connection httpstream.Connection
	complaint  httpstream.Stream
}

// ConnectPort connects with a port of the pod whose port-forward the URL is, as the configuration's Dial says. That nobody listens on the
// port shows at the end of what is read, as Complaint.
func ConnectPort(config *rest.Config, url *url.URL, port int) (_ *PortStream, err error) {
	transport, upgrader, err := upgrading(config)
	if err != nil {
		return nil, err
	}
	dialer := clientspdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	connection, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
	if err != nil {
		return nil, fmt.Errorf("connecting to port %d: %w", port, err)
	}
	defer func() {
		if err != nil {
			connection.Close()
		}
	}()
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(port))
	headers.Set(corev1.PortForwardRequestIDHeader, "0")
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	complaint, err := connection.CreateStream(headers)
	if err != nil {
		return nil, fmt.Errorf("connecting to port %d: %w", port, err)
	}
	complaint.Close() // nothing is written to it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := connection.CreateStream(headers)
	if err != nil {
		return nil, fmt.Errorf("connecting to port %d: %w", port, err)
	}
	return &PortStream{Stream: data, connection: connection, complaint: complaint}, nil
}

// CloseWrite tells the pod that nothing more comes.
func (s *PortStream) CloseWrite() error { return s.Stream.Close() }

// Complaint is what the node says of the connection at its end, or "".
func (s *PortStream) Complaint() string {
	text, _ := io.ReadAll(s.complaint)
	return string(text)
}

// Close ends the connection.
func (s *PortStream) Close() error { return s.connection.Close() }
