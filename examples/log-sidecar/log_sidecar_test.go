package logsidecar_test

import (
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

func TestEveryLineIsShippedOnceAcrossARotation(t *testing.T) {
	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Patience(3*time.Minute))
	pod.WaitFor(podtest.Succeeded)
	const want = `line 1 of the application's log
line 2 of the application's log
line 3 of the application's log
line 4 of the application's log
line 5 of the application's log
shipper: done
`
	if got := pod.Container("shipper").Logs(); got != want {
		t.Errorf("shipped:\n%s\nwant:\n%s", got, want)
	}
}
