package podtest_test

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/podsim/podsim/e2e/podtest"
)

// exampleTest is what an example has in place of a test.
type exampleTest struct {
	context  context.Context
	stop     context.CancelFunc
	cleanups []func()
	failed   bool
}

// failure is the panic of an example that fails. What it tells is not the output that is expected.
type failure string

// example is the test of an example, and its end, which is to be deferred.
func example() (podtest.TB, func()) {
	t := &exampleTest{}
	t.context, t.stop = context.WithCancel(context.Background())
	return t, func() {
		if told := recover(); told != nil {
			if _, failed := told.(failure); !failed {
				panic(told)
			}
			fmt.Println(told)
		}
		t.stop()
		for _, cleanup := range slices.Backward(t.cleanups) {
			cleanup()
		}
	}
}

func (t *exampleTest) Helper()                  {}
func (t *exampleTest) Name() string             { return "Example" }
func (t *exampleTest) Context() context.Context { return t.context }
func (t *exampleTest) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *exampleTest) Failed() bool             { return t.failed }

// Logf writes beside the output, which is the example's own.
func (t *exampleTest) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (t *exampleTest) Errorf(format string, args ...any) {
	t.failed = true
	fmt.Printf(format+"\n", args...)
}

func (t *exampleTest) Fatalf(format string, args ...any) {
	t.failed = true
	panic(failure(fmt.Sprintf(format, args...)))
}

func (t *exampleTest) Skipf(format string, args ...any) { t.Fatalf(format, args...) }
