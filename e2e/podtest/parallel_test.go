package podtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

// talker serves its own name, and asks its neighbour's for it: with the name of a pod of another namespace it gets no answer.
const talker = `
apiVersion: v1
kind: Pod
metadata: {name: talker}
spec:
  initContainers:
  - name: helper
    image: busybox:1.36
    restartPolicy: Always
    command: [sh, -c, "trap 'exit 0' TERM; tail -F /shared/log & wait"]
    volumeMounts: [{name: shared, mountPath: /shared}]
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap 'exit 0' TERM; echo I am $ME > /shared/log; sleep 3600 & wait"]
    volumeMounts: [{name: shared, mountPath: /shared}]
  volumes: [{name: shared, emptyDir: {}}]
`

// TestManyPodsAtATimeDoNotSeeEachOther is for 2 processors and more: go test -parallel 20.
func TestManyPodsAtATimeDoNotSeeEachOther(t *testing.T) {
	const pods, limit = 20, time.Minute
	begun := time.Now()
	t.Run("pods", func(t *testing.T) {
		for i := range pods {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				me := fmt.Sprintf("number %d", i)
				pod := podtest.Up(t, podtest.YAML(talker), podtest.Env("app", "ME", me), podtest.Patience(4*time.Minute))
				pod.WaitReady()
				if line := pod.Container("helper").WaitLog("I am .*"); line != "I am "+me {
					t.Errorf("%s reads %q", me, line)
				}
				if hosts := pod.Container("app").Exec("cat", "/shared/log").Stdout; strings.TrimSpace(hosts) != "I am "+me {
					t.Errorf("%s has %q in its volume", me, hosts)
				}
			})
		}
	})
	if took := time.Since(begun); took > limit {
		t.Logf("%d pods took %v", pods, took)
	} else {
		t.Logf("%d pods took %v, within %v", pods, took, limit)
	}
}
