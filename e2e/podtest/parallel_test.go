package podtest_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

// talker tells its sidecar who it is, in a volume. All pods that are made of it have the same names.
const talker = `
apiVersion: v1
kind: Pod
metadata: {name: talker}
spec:
  initContainers:
  - name: helper
    image: busybox:1.36
    restartPolicy: Always
    command: [sh, -c, "trap 'exit 0' TERM; touch /shared/log; tail -f /shared/log & wait"]
    volumeMounts: [{name: shared, mountPath: /shared}]
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap 'exit 0' TERM; echo I am $ME >> /shared/log; sleep 3600 & wait"]
    volumeMounts: [{name: shared, mountPath: /shared}]
  volumes: [{name: shared, emptyDir: {}}]
`

// TestManyPodsAtATimeDoNotSeeEachOther runs as many at a time as -parallel allows; make podtest allows all 20. On two cores they take half a
// minute from the start of their node until nothing of them is left, and most of that is the engine's: it makes and starts 60 containers.
func TestManyPodsAtATimeDoNotSeeEachOther(t *testing.T) {
	podtest.RequireEngine(t)
	const pods, longest = 20, time.Minute
	begun := time.Now()
	t.Run("pods", func(t *testing.T) {
		for i := range pods {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				want := fmt.Sprintf("I am number %d", i)
				pod := podtest.Up(t, podtest.YAML(talker), podtest.Env("app", "ME", fmt.Sprintf("number %d", i)))
				pod.WaitReady()
				if got := pod.Container("helper").WaitLog("I am .*"); got != want {
					t.Errorf("the helper reads %q, want %q", got, want)
				}
				if got := pod.Container("app").Exec("cat", "/shared/log").Stdout; got != want+"\n" {
					t.Errorf("the volume has %q, want %q", got, want)
				}
				all, err := pod.Client().CoreV1().Pods(pod.Namespace()).List(t.Context(), metav1.ListOptions{})
				if err != nil || len(all.Items) != 1 {
					t.Errorf("its namespace has %d pods, error %v", len(all.Items), err)
				}
			})
		}
	})
	if took := time.Since(begun); took > longest {
		t.Errorf("%d pods took %v, which is more than %v", pods, took, longest)
	}
}
