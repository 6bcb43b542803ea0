package podtest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

// pair is a server, and a client that asks it by its address.
const pair = `
apiVersion: v1
kind: Pod
metadata: {name: server}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: httpd
    image: busybox:1.36
    command: [sh, -c, "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www"]
    readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: shell, image: "busybox:1.36", command: [sleep, "3600"]}]
`

func TestTheNetworkOfAPodFailsOnPurpose(t *testing.T) {
	t.Parallel()
	pods := podtest.UpAll(t, podtest.YAML(pair))
	for _, pod := range pods {
		pod.WaitReady()
	}
	server, client := pods[0], pods[1].Container("shell")
	// asks reports whether the server answers within some seconds, and after which time.
	asks := func(seconds string) (answered bool, took time.Duration) {
		begun := time.Now()
		got := client.Exec("timeout", seconds, "wget", "-qO-", "http://"+server.Status().PodIP+"/")
		return got.Stdout == "hello\n", time.Since(begun)
	}
	const soon, late = "2", "30"
	if answered, _ := asks(late); !answered {
		t.Fatal("the server does not answer")
	}
	for _, fault := range []struct {
		name string
		wire podtest.Wire // the zero value cuts the network
		lost bool         // nothing gets through
		took time.Duration
	}{
		{name: "cut", lost: true},
		{name: "loss", wire: podtest.Wire{Loss: 100}, lost: true},
		{name: "latency", wire: podtest.Wire{Latency: 700 * time.Millisecond}, took: 700 * time.Millisecond},
	} {
		t.Run(fault.name, func(t *testing.T) {
			if fault.wire == (podtest.Wire{}) {
				server.CutNetwork()
			} else if err := server.DegradeNetworkContext(t.Context(), fault.wire); err != nil {
				var failure *podtest.Error
				if errors.As(err, &failure) && strings.Contains(failure.Err.Error(), "the kernel of the engine's machine lacks") {
					t.Skipf("skipped: %v", failure.Err)
				}
				t.Fatal(err)
			}
			within := late
			if fault.lost {
				within = soon
			}
			if answered, took := asks(within); answered == fault.lost || took < fault.took {
				t.Errorf("answered: %v, after %v", answered, took)
			}
			server.RestoreNetwork()
			if answered, _ := asks(late); !answered {
				t.Error("it does not answer any more")
			}
		})
	}
}
