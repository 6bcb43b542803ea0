// Command podsim runs Kubernetes Pods on a plain Docker Engine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/podsim/podsim/cmd/podsim/cli"
	_ "github.com/podsim/podsim/cmd/podsim/english"
	"github.com/podsim/podsim/cmd/podsim/exit"
)

// release is set by the linker: -ldflags "-X main.release=v1.2.3".
var release string

func main() {
	os.Exit(run())
}

// run is podsim; it returns the exit code of the process.
func run() int {
	klog.SetLogger(logr.Discard()) // libraries log what is told here anyway: those of Kubernetes,
	logrus.SetOutput(io.Discard)   // and those of Docker
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	code, text := exit.Report(cli.NewCommand(release, streams).ExecuteContext(context.Background()))
	fmt.Fprint(streams.ErrOut, text)
	return code
}
