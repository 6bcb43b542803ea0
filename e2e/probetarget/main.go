// Probetarget is the server that the end-to-end scripts probe: it answers as well, as badly or as little as a script asks.
//
//	probetarget http ADDRESS              a web server; what it answers is in the path, see answers.go
//	probetarget https ADDRESS             the same behind a certificate that nobody signed
//	probetarget grpc ADDRESS [NAME=STATUS ...]
//	                                      a gRPC health server of these services: SERVING, NOT_SERVING, or HANGS, which never
//	                                      answers; the name may be empty
//	probetarget grpc-bare ADDRESS         a gRPC server without the health service
//	probetarget mute ADDRESS              accept connections and say nothing
//	probetarget get URL                   fetch a URL and print the body, for want of a shell in the image
//
// A server says "listening" when it does, logs each request, and ends at once with exit code 0 when it is asked to.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: probetarget http|https|grpc|grpc-bare|mute ADDRESS, or probetarget get URL")
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "probetarget:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mode, target string, rest []string) error {
	if mode == "get" {
		return get(ctx, target, os.Stdout)
	}
	serve, err := server(mode, rest)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", target)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Println("listening on", listener.Addr())
	ended := make(chan error, 1)
	go func() { ended <- serve(listener) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return fmt.Errorf("serving %s: %w", mode, err)
	}
}

// server returns what serves a mode on a listener until it fails.
func server(mode string, rest []string) (func(net.Listener) error, error) {
	switch mode {
	case "http":
		return serveHTTP, nil
	case "https":
		return serveHTTPS, nil
	case "grpc":
		statuses, err := parseStatuses(rest)
		return func(l net.Listener) error { return serveHealth(l, statuses) }, err
	case "grpc-bare":
		return serveWithoutHealth, nil
	case "mute":
		return serveNothing, nil
	}
	return nil, fmt.Errorf("unknown mode %q", mode)
}

// serveNothing accepts every connection, and keeps it open so that nobody hears of an end either.
func serveNothing(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		fmt.Println("accepted")
		defer connection.Close()
	}
}
