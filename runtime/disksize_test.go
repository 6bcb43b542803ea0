package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const toldOfTheDisk = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: main
    image: busybox:1.36
    env: [{name: DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage, divisor: 1Gi}}}]
`

// helpersStarted counts the helper containers that were started.
func (w *world) helpersStarted() (n int) {
	for _, s := range w.machine.History() {
		if s.Container == "" && s.Action == enginetest.Started {
			n++
		}
	}
	return n
}

// A container without a limit of disk space is told how large the disk is (S9.21). That is measured for those who are told, and once.
func TestAContainerIsToldHowLargeTheDiskIs(t *testing.T) {
	for _, row := range []struct {
		name, resource, want string
		fails                bool
		measured             int
	}{
		{"as it was measured", "limits.ephemeral-storage", "DISK=100", false, 1},
		{"as it was measured once the engine could", "limits.ephemeral-storage", "DISK=100", true, 2},
		{"not, if it does not ask", "limits.memory", "DISK=8", false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if row.fails {
					w.machine.FailNext("ContainerLogs", errors.New("no luck"))
				}
				w.machine.Script("main", runFor(5*time.Second, 0))
				w.create(strings.Replace(toldOfTheDisk, "limits.ephemeral-storage", row.resource, 1))
				w.await("p", "restarted", func(pod *corev1.Pod) bool { return status.Container(pod, "main").RestartCount == 1 })
				seen, err := w.node.engine.ContainerInspect(t.Context(), instanceID(status.Container(w.pod("p"), "main").ContainerID))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(seen.Config.Env, row.want) {
					t.Errorf("it has %q, not %s", seen.Config.Env, row.want)
				}
				if got := w.helpersStarted(); got != row.measured {
					t.Errorf("it was measured %d times, want %d", got, row.measured)
				}
			})
		})
	}
}
