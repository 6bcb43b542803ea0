package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
)

// GRPC makes one attempt of a grpc probe: a service that says SERVING has passed (S6.41). The context's deadline is the probe's timeout;
// it covers connection and call. An error is an attempt that did not run: the context was cancelled.
func GRPC(ctx context.Context, dial Dial, action *corev1.GRPCAction, podIP string) (Outcome, error) {
	timeout := timeLeft(ctx).Round(time.Second) // what the probe says, but for the moments since the attempt began
	address := net.JoinHostPort(podIP, strconv.Itoa(int(action.Port)))
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithUserAgent(userAgent),
		grpc.WithTransportCredentials(grpcCredentials(action)),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return lingering(dial)(ctx, "tcp", address)
		}),
	)
	if err != nil {
		return failed("error: failed to connect service at %q: %+v", address, err)
	}
	defer conn.Close()

	err = connect(ctx, conn)
	if err == nil {
		var answer *grpc_health_v1.HealthCheckResponse
		answer, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: serviceOf(action)})
		if err == nil {
			return judgeHealth(answer.GetStatus())
		}
	}
	switch code := status.Code(err); {
	case errors.Is(ctx.Err(), context.Canceled):
		return Outcome{}, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return failed("timeout: failed to connect service %q within %v: %+v", address, timeout, err)
	case code == codes.DeadlineExceeded:
		return failed("timeout: health rpc did not complete within %v", timeout)
	case code == codes.Unimplemented:
		return failed("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s",
			status.Convert(err).Message())
	default:
		return failed("error: health rpc probe failed: %+v", err)
	}
}

// judgeHealth is what a service's answer means (S6.41, S6.42).
func judgeHealth(answer grpc_health_v1.HealthCheckResponse_ServingStatus) (Outcome, error) {
	if answer != grpc_health_v1.HealthCheckResponse_SERVING {
		return failed("service unhealthy (responded with %q)", answer)
	}
	return Outcome{Answer: Success, Output: "service healthy"}, nil
}

func serviceOf(action *corev1.GRPCAction) string {
	if action.Service == nil {
		return ""
	}
	return *action.Service
}

// grpcCredentials are those of a plain connection, or of TLS that verifies nothing if the action asks for that.
func grpcCredentials(action *corev1.GRPCAction) credentials.TransportCredentials {
	if action.Mode != nil && *action.Mode == corev1.GRPCProbeModeTLS {
		return credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	return insecure.NewCredentials()
}

// connect waits until there is a connection. One that was refused is tried again until the context ends, and its error is the context's.
func connect(ctx context.Context, conn *grpc.ClientConn) error {
	for {
		state := conn.GetState()
		switch state {
		case connectivity.Ready:
			return nil
		case connectivity.Idle:
			conn.Connect()
		}
		if !conn.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
	}
}
