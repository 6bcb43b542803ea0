package podtest_test

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

func ExampleContainer_Kill() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	sidecar := pod.Container("sidecar")
	sidecar.Kill()
	pod.WaitFor(func(*corev1.Pod) bool { return sidecar.Restarts() == 1 })
	fmt.Println(sidecar.Status().LastTerminationState.Terminated.ExitCode)
	// Output: 137
}

func ExamplePod_CutNetwork() {
	t, end := example()
	defer end()

	pods := podtest.UpAll(t, podtest.File("testdata/pod.yaml"), podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers: [{name: shell, image: "busybox:1.36", command: [sleep, "3600"]}]
`))
	shop, client := pods[0], pods[1]
	shop.WaitReady()
	client.WaitReady()
	ask := func() {
		answer := client.Container("shell").Exec("timeout", "10", "wget", "-qO-", "http://"+shop.Status().PodIP+":8080/motto")
		fmt.Printf("%q\n", answer.Stdout)
	}
	ask()
	shop.CutNetwork()
	ask()
	shop.RestoreNetwork()
	ask()
	// Output:
	// "open all hours\n"
	// ""
	// "open all hours\n"
}

// A job that is killed after its work, and before it has ended, does it once more.
func ExampleFind() {
	t, end := example()
	defer end()

	findings := podtest.Find(t, podtest.Scenario{ // in a test that is to fail of it, podtest.Explore
		Pod: []podtest.Option{podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  restartPolicy: OnFailure
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: charge
    image: busybox:1.36
    command: [sh, -c, "echo charged >>/data/log; sleep 6"]
    volumeMounts: [{name: data, mountPath: /data}]
    readinessProbe: {exec: {command: [test, -e, /data/log]}, periodSeconds: 1}
`)},
		Kill: "charge",
		Check: func(pod *podtest.Pod) error {
			if times := strings.Count(string(pod.ReadFile("data", "log")), "charged"); times != 1 {
				return fmt.Errorf("charged %d times", times)
			}
			return nil
		},
	})
	for _, f := range findings {
		if f.At == "charge ready" {
			fmt.Println(f.At+":", f.Err)
		}
	}
	// Output: charge ready: charged 2 times
}
