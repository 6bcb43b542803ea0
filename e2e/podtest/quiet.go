package podtest

import (
	"bytes"
	"flag"
	"io"
	"os"

	"k8s.io/klog/v2"
)

// quiet keeps to itself what Kubernetes' libraries tell in the output of all tests, errors excepted. Of those it keeps the ones that a
// method returns, too.
func quiet() {
	klog.LogToStderr(false)
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	klog.InitFlags(flags)
	_ = flags.Set("stderrthreshold", "FATAL") // else errors go to the standard error beside their output
	for _, severity := range []string{"INFO", "WARNING", "FATAL"} {
		klog.SetOutputBySeverity(severity, io.Discard)
	}
	klog.SetOutputBySeverity("ERROR", untold{})
}

// returned are how the library begins its line about a command that a node of this process could not run. Whoever asked for it gets the
// same as an error, and the library asks nobody whether to tell it here as well.
var returned = []byte(`] "Unhandled Error" err="error executing command in container: `)

// untold writes what nobody is told otherwise to the standard error.
type untold struct{}

func (untold) Write(line []byte) (int, error) {
	if bytes.Contains(line, returned) {
		return len(line), nil
	}
	return os.Stderr.Write(line)
}
