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

// TestManyPodsAtATimeDoNotSeeEachOther runs as many at a time as -parallel allows; make e2e allows all 20.
func TestManyPodsAtATimeDoNotSeeEachOther(t *testing.T) {
	const pods = 20
	begun := time.Now()
	t.Run("pods", func(t *testing.T) {
		for i := range pods {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				want := fmt.Sprintf("I am number %d", i)
				pod := podtest.Up(t, podtest.YAML(talker), podtest.Env("app", "ME", fmt.Sprintf("number %d", i)), podtest.Patience(8*time.Minute))
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
	t.Logf("%d pods took %v", pods, time.Since(begun))
}
