package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/httpget"
)

// Dial connects into the pod, as net.Dialer's DialContext does.
type Dial = httpget.Dial

// TCP makes one attempt of a tcpSocket probe: a port that can be connected to has passed (S6.40). An error is an attempt that did not
// run: its port could not be resolved, or the context was cancelled. The context's deadline is the probe's timeout.
func TCP(ctx context.Context, dial Dial, action *corev1.TCPSocketAction, c *corev1.Container, podIP string) (Outcome, error) {
	port, err := httpget.ResolvePort(action.Port, c)
	if err != nil {
		return Outcome{}, err
	}
	host := podIP
	if action.Host != "" {
		host = action.Host
	}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	conn, err := lingering(dial)(ctx, "tcp", address)
	switch {
	case err == nil:
		conn.Close() // whether the other side takes note does not count
		return Outcome{Answer: Success}, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return Outcome{}, ctx.Err()
	case ctx.Err() != nil:
		return failed("dial tcp %s: i/o timeout", address) // as net.Dialer words it, whoever dialed
	default:
		return failed("%v", err)
	}
}

// failed is the outcome of an attempt that ran and failed.
func failed(format string, args ...any) (Outcome, error) {
	return Outcome{Answer: Failure, Output: fmt.Sprintf(format, args...)}, nil
}

// linger is for how long closed connections wait for the other side, in seconds (S6.36). Without it the many connections of probes would
// stay with the kernel for a minute each.
const linger = 1

// lingering dials connections whose sockets stay for no more than linger after they are closed.
func lingering(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if socket, ok := conn.(*net.TCPConn); ok && err == nil {
			err = socket.SetLinger(linger)
		}
		return conn, err
	}
}
