package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
)

// health answers the health protocol with what it returns for a service.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	check func(ctx context.Context, service string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error)
}

func (h health) Check(ctx context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	answer, err := h.check(ctx, r.Service)
	return &grpc_health_v1.HealthCheckResponse{Status: answer}, err
}

func TestGRPCAnswers(t *testing.T) { // (S6.41, S6.42)
	const address = `"10.0.0.5:9000"`
	for name, test := range map[string]struct {
		check func(ctx context.Context, service string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error)
		want  Outcome
	}{
		"serving": {func(context.Context, string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
			return grpc_health_v1.HealthCheckResponse_SERVING, nil
		}, Outcome{Success, "service healthy"}},
		"not serving": {func(context.Context, string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
			return grpc_health_v1.HealthCheckResponse_NOT_SERVING, nil
		}, Outcome{Failure, `service unhealthy (responded with "NOT_SERVING")`}},
		"unknown service": {func(_ context.Context, service string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
			return 0, status.Error(codes.NotFound, "unknown service")
		}, Outcome{Failure, "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"}},
		"no answer in time": {func(ctx context.Context, _ string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}, Outcome{Failure, "timeout: health rpc did not complete within 1s"}},
		"another protocol": {nil, Outcome{Failure, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails where goroutines are left
				listener, server := newPipes(), grpc.NewServer()
				if test.check != nil {
					grpc_health_v1.RegisterHealthServer(server, health{check: test.check})
				}
				go server.Serve(listener)
				got, err := GRPC(within(t, time.Second), listener.Dial, &corev1.GRPCAction{Port: 9000}, "10.0.0.5")
				if err != nil || got != test.want {
					t.Errorf("got %+v, %v, want %+v", got, err, test.want)
				}
				server.Stop()
			})
		})
	}
	for name, dial := range map[string]Dial{
		"unreachable": unreachable,
		"refused": func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: net.UnknownNetworkError("refused")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				got, err := GRPC(within(t, 2*time.Second), dial, &corev1.GRPCAction{Port: 9000}, "10.0.0.5")
				want := Outcome{Failure, "timeout: failed to connect service " + address + " within 2s: context deadline exceeded"}
				if err != nil || got != want || time.Since(begin) != 2*time.Second {
					t.Errorf("got %+v, %v after %v, want %+v after 2s", got, err, time.Since(begin), want)
				}
			})
		})
	}
}

func TestGRPCServersSeeAKubelet(t *testing.T) { // (S6.41)
	certificate := httptest.NewTLSServer(nil)
	t.Cleanup(certificate.Close)
	tlsCredentials := credentials.NewTLS(&tls.Config{Certificates: certificate.TLS.Certificates})
	overTLS, plaintext, service := corev1.GRPCProbeModeTLS, corev1.GRPCProbeModePlaintext, "db"
	for name, test := range map[string]struct {
		options []grpc.ServerOption
		action  corev1.GRPCAction
		podIP   string
		want    string
	}{
		"plain":                {nil, corev1.GRPCAction{Port: 9000}, "10.0.0.5", `dialed 10.0.0.5:9000, authority 10.0.0.5:9000, service ""`},
		"plain by name":        {nil, corev1.GRPCAction{Port: 9000, Mode: &plaintext}, "10.0.0.5", `dialed 10.0.0.5:9000, authority 10.0.0.5:9000, service ""`},
		"of a service":         {nil, corev1.GRPCAction{Port: 9000, Service: &service}, "10.0.0.5", `dialed 10.0.0.5:9000, authority 10.0.0.5:9000, service "db"`},
		"to an IPv6 address":   {nil, corev1.GRPCAction{Port: 9000}, "fd00::5", `dialed [fd00::5]:9000, authority [fd00::5]:9000, service ""`},
		"TLS with nobody's CA": {[]grpc.ServerOption{grpc.Creds(tlsCredentials)}, corev1.GRPCAction{Port: 9000, Mode: &overTLS}, "10.0.0.5", `dialed 10.0.0.5:9000, authority 10.0.0.5:9000, service ""`},
	} {
		t.Run(name, func(t *testing.T) {
			listener, server := newPipes(), grpc.NewServer(test.options...)
			var dialed, agent, seen string
			grpc_health_v1.RegisterHealthServer(server, health{check: func(ctx context.Context, service string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
				headers, _ := metadata.FromIncomingContext(ctx)
				agent = strings.Join(headers["user-agent"], ",")
				seen = "dialed " + dialed + ", authority " + strings.Join(headers[":authority"], ",") + `, service "` + service + `"`
				return grpc_health_v1.HealthCheckResponse_SERVING, nil
			}})
			go server.Serve(listener)
			defer server.Stop()
			got, err := GRPC(within(t, time.Minute), func(ctx context.Context, network, address string) (net.Conn, error) {
				dialed = address
				return listener.Dial(ctx, network, address)
			}, &test.action, test.podIP)
			if want := (Outcome{Success, "service healthy"}); err != nil || got != want {
				t.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
			if seen != test.want || !strings.HasPrefix(agent, "kube-probe/1.37 grpc-go/") {
				t.Errorf("the server saw %s from %s, want %s from kube-probe/1.37", seen, agent, test.want)
			}
		})
	}
}

func BenchmarkGRPC(b *testing.B) {
	listener, server := listen(b), grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health{check: func(context.Context, string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
		return grpc_health_v1.HealthCheckResponse_SERVING, nil
	}})
	go server.Serve(listener)
	defer server.Stop()
	for b.Loop() {
		if got, err := GRPC(within(b, time.Minute), new(net.Dialer).DialContext, &corev1.GRPCAction{Port: portOf(listener).IntVal}, "127.0.0.1"); err != nil || got.Answer != Success {
			b.Fatal(got, err)
		}
	}
}
