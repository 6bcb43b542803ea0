package runtime

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const hostsPod = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostNetwork: HOST
  volumes: [{name: own, emptyDir: {}}]
  initContainers:
  - {name: init, image: "busybox:1.36"}
  containers:
  - {name: one, image: "busybox:1.36"}
  - {name: two, image: "busybox:1.36", volumeMounts: [{name: own, mountPath: /etc/hosts}]}
  - {name: three, image: "busybox:1.36"}
`

// The pod's /etc/hosts is as it should be whenever a container starts (S10.1), and as long as nobody changes it, the agent is not asked
// to write it.
func TestHostsAreRenewedWhenAContainerStarts(t *testing.T) {
	for _, row := range []struct {
		name, host, want string
		edits            []string // containers that change the file as they start
		written          int
	}{
		{name: "nobody changes it", host: "false"},
		{name: "the init container changes it", host: "false", edits: []string{"init"}, written: 2, // before one and three: two has its own
			want: "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost"},
		{name: "a main changes it", host: "false", edits: []string{"one"}, written: 1,
			want: "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost"},
		{name: "on the machine's network (S10.4)", host: "true", edits: []string{"init"}, written: 2,
			want: "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var sandbox string
				var started, written []string
				w.machine.OnExec(func(asked enginetest.Exec) enginetest.ExecResult {
					if asked.Container == network.SandboxContainer && asked.Command[1] == "write" {
						written = append(written, string(asked.Input))
					}
					return enginetest.ExecResult{}
				})
				w.takes("ImageInspect", 100*time.Millisecond) // so that there is time for the changes
				w.machine.Script("init", runFor(time.Second, 0))
				w.create(strings.Replace(hostsPod, "HOST", row.host, 1))
				for done := false; !done; time.Sleep(10 * time.Millisecond) {
					for _, s := range w.machine.History() {
						if s.Action != enginetest.Started || slices.Contains(started, s.Container) {
							continue
						}
						started = append(started, s.Container)
						if s.Container == network.SandboxContainer {
							sandbox = s.ID
						}
						if slices.Contains(row.edits, s.Container) {
							if err := w.machine.WriteFile(sandbox, network.MetaDir+"/hosts", []byte("mine\n")); err != nil {
								t.Fatal(err)
							}
						}
					}
					done = slices.Contains(started, "three")
				}
				w.await("p", "running", func(pod *corev1.Pod) bool { return status.Container(pod, "three").State.Running != nil })
				if len(written) != row.written {
					t.Errorf("it was written %d times, want %d: %q", len(written), row.written, written)
				}
				for _, text := range written {
					if !strings.HasPrefix(text, row.want) {
						t.Errorf("it was written as %q, want %q", text, row.want)
					}
				}
			})
		})
	}
}

// A node that took the pod over does not know what became of the file, and writes it.
func TestHostsAreRenewedAfterTheNodeWas(t *testing.T) {
	inWorld(t, func(w *world) {
		written := 0
		w.machine.OnExec(func(asked enginetest.Exec) enginetest.ExecResult {
			if asked.Container == network.SandboxContainer && asked.Command[1] == "write" {
				written++
			}
			return enginetest.ExecResult{}
		})
		w.machine.Script("main", runFor(time.Minute, 1))
		w.create(oneMain)
		time.Sleep(90 * time.Second)
		if written != 0 {
			t.Errorf("it was written %d times though nobody changed it", written)
		}
		w.crash()
		w.boot()
		w.await("p", "restarted again", func(pod *corev1.Pod) bool { return status.Container(pod, "main").RestartCount == 2 })
		if written != 1 {
			t.Errorf("it was written %d times, want once", written)
		}
	})
}

// A pod on the machine's network has the machine's address, where its probes go, too (S12.31).
func TestAPodOnTheMachinesNetworkHasTheMachinesAddress(t *testing.T) {
	inWorld(t, func(w *world) {
		var probed []string
		dial := w.node.dial
		w.node.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			probed = append(probed, address)
			return dial(ctx, network, address)
		}
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostNetwork: true
  containers:
  - {name: main, image: "busybox:1.36", readinessProbe: {tcpSocket: {port: 80}}}
`)
		time.Sleep(11 * time.Second)
		s := w.pod("p").Status
		if s.PodIP == "" || s.PodIP != s.HostIP {
			t.Errorf("its address is %q, and the machine's %q", s.PodIP, s.HostIP)
		}
		if len(probed) == 0 || probed[0] != s.HostIP+":80" {
			t.Errorf("the probes went to %q", probed)
		}
	})
}
