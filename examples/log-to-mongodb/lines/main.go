// Lines prints the lines that the pods of this example have brought to a server: a document in JSON each, the oldest first.
//
//	go run ./lines mongodb://127.0.0.1:27017
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lines:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) != 1 {
		return errors.New("name a server, as mongodb://127.0.0.1:27017")
	}
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(args[0]))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	found, err := client.Database("logs").Collection("app").Find(ctx, bson.D{})
	if err != nil {
		return err
	}
	defer found.Close(ctx)
	for found.Next(ctx) {
		line, err := bson.MarshalExtJSON(found.Current, false, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", line)
	}
	return found.Err()
}
