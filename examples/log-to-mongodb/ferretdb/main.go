// Ferretdb is a server that speaks MongoDB's protocol: FerretDB with its SQLite backend, which is plain Go and so needs neither a C
// compiler nor a registry of images. It listens on port 27017 of all addresses, without credentials, and keeps its data in /data.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("ferretdb", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if err := os.MkdirAll("/data", 0o700); err != nil {
		return err
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: ":27017"},
		Handler:   "sqlite",
		SQLiteURL: "file:/data/?_pragma=synchronous(off)",
	})
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
