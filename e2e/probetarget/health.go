package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// hangs stands among the health statuses for a check that is never answered.
const hangs = "HANGS"

// health answers the checks of the services in the map, by their status, and NotFound for others.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	statuses map[string]string
}

func (h health) Check(ctx context.Context, request *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	fmt.Printf("check %q by %v\n", request.Service, headers.Get("user-agent"))
	word, known := h.statuses[request.Service]
	switch {
	case !known:
		return nil, status.Error(codes.NotFound, "unknown service")
	case word == hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	value := grpc_health_v1.HealthCheckResponse_ServingStatus_value[word]
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_ServingStatus(value)}, nil
}

func serveHealth(listener net.Listener, statuses map[string]string) error {
	s := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(s, health{statuses: statuses})
	return s.Serve(listener)
}

func serveWithoutHealth(listener net.Listener) error {
	return grpc.NewServer().Serve(listener)
}

// parseStatuses reads arguments of the form NAME=STATUS.
func parseStatuses(args []string) (map[string]string, error) {
	statuses := map[string]string{}
	for _, arg := range args {
		name, word, ok := strings.Cut(arg, "=")
		if _, known := grpc_health_v1.HealthCheckResponse_ServingStatus_value[word]; !ok || !known && word != hangs {
			return nil, fmt.Errorf("%q is not of the form NAME=SERVING, NAME=NOT_SERVING or NAME=%s", arg, hangs)
		}
		statuses[name] = word
	}
	return statuses, nil
}
