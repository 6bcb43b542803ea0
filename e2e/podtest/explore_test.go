package podtest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

// shipping is an application that writes lines, and a shipper of its own words that takes them to a store. The application is ready when
// the store has some lines, and done when it has the last one.
const shipping = `
apiVersion: v1
kind: Pod
metadata: {name: shipping}
spec:
  terminationGracePeriodSeconds: 1
  volumes: [{name: log, emptyDir: {}}, {name: store, emptyDir: {}}]
  initContainers:
  - name: shipper
    image: busybox:1.36
    restartPolicy: Always
    command: [sh, -c]
    args:
    - |
      touch /store/lines
      position() { POSITION; }
      at=$(position)
      trap 'echo $at >/store/position; exit 0' TERM
      while :; do
        while line=$(sed -n $((at + 1))p /log/app.log 2>/dev/null) && [ -n "$line" ]; do
          echo "$line" >>/store/lines
          at=$((at + 1))
        done
        sleep 0.1
      done
    volumeMounts: [{name: log, mountPath: /log}, {name: store, mountPath: /store}]
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c]
    args:
    - |
      trap 'exit 0' TERM
      for i in $(seq 5); do echo line $i >>/log/app.log; done
      until [ -f /store/go ]; do sleep 0.1; done
      for i in $(seq 6 10); do echo line $i >>/log/app.log; done
      until grep -q 'line 10' /store/lines; do sleep 0.1; done
      echo done
      while :; do sleep 0.1; done
    readinessProbe: {exec: {command: [sh, -c, "[ $(wc -l </store/lines) -ge 5 ]"]}, periodSeconds: 1}
    volumeMounts: [{name: log, mountPath: /log}, {name: store, mountPath: /store}]
`

// shipper is the scenario of a shipper that finds its position in this way when it starts.
func shipper(position string) podtest.Scenario {
	return podtest.Scenario{
		Pod:  []podtest.Option{podtest.YAML(strings.Replace(shipping, "POSITION", position, 1)), podtest.Patience(2 * time.Minute)},
		Kill: "shipper",
		Run: func(pod *podtest.Pod) {
			pod.WaitReady()
			app := pod.Container("app")
			app.Exec("touch", "/store/go")
			app.WaitLog("done")
		},
		Check: func(pod *podtest.Pod) error {
			var want strings.Builder
			for i := range 10 {
				fmt.Fprintf(&want, "line %d\n", i+1)
			}
			if got := pod.Container("app").Exec("cat", "/store/lines").Stdout; got != want.String() {
				return errors.New("the store has " + strings.ReplaceAll(strings.TrimSpace(got), "\n", ", "))
			}
			return nil
		},
		Random: 1,
	}
}

// The store itself tells such a shipper how far it is.
func TestExploreAShipperThatKeepsItsPosition(t *testing.T) {
	t.Parallel()
	podtest.Explore(t, shipper("wc -l </store/lines"))
}

// Such a shipper notes its position when it is asked to end, and SIGKILL does not ask.
func TestExploringNamesTheEventAtWhichAShipperLosesItsPosition(t *testing.T) {
	t.Parallel()
	s := shipper("cat /store/position 2>/dev/null || echo 0")
	s.Random = 0
	findings := podtest.Find(t, s)
	for _, f := range findings {
		if f.At == "app ready" { // by then lines were shipped
			if !strings.Contains(f.Err.Error(), "the store has line 1, line 2, line 3, line 4, line 5, line 1, line 2") {
				t.Errorf("it says %v", f.Err)
			}
			if !strings.Contains(f.Timeline, "On purpose: container shipper gets SIGKILL") {
				t.Errorf("the timeline does not tell of it:\n%s", f.Timeline)
			}
			return
		}
	}
	t.Errorf("%d findings, and none at app ready: %v", len(findings), findings)
}
