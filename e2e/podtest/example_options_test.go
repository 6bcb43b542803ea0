package podtest_test

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

func ExampleImage() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  restartPolicy: Never
  containers: [{name: job, image: "registry.example.com/job:2", command: [echo, done]}]
`),
		podtest.Image("job", "busybox:1.36"),
		podtest.Requests("job", "cpu=10m,memory=16Mi"))
	pod.WaitFor(podtest.Succeeded)
	fmt.Print(pod.Container("job").Logs())
	fmt.Println(pod.Status().QOSClass)
	// Output:
	// done
	// Burstable
}

func ExampleSecret() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  restartPolicy: Never
  volumes: [{name: shop, projected: {sources: [{configMap: {name: shop}}, {secret: {name: shop}}]}}]
  containers:
  - name: job
    image: busybox:1.36
    command: [sh, -c, "cat /etc/shop/*"]
    volumeMounts: [{name: shop, mountPath: /etc/shop}]
`),
		podtest.ConfigMapFiles("shop", "testdata/greeter/greeting"),
		podtest.Secret("shop", map[string]string{"password": "1234\n"}),
		podtest.SecretFiles("shop", "testdata/license"))
	pod.WaitFor(podtest.Succeeded)
	fmt.Print(pod.Container("job").Logs())
	// Output:
	// hello from the image
	// licensed to the shop
	// 1234
}

func ExampleFeatureGates() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.FeatureGates("ContainerStopSignals=true"), podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  os: {name: linux}
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap 'exit 3' USR1; echo open; sleep 3600 & wait"]
    lifecycle: {stopSignal: SIGUSR1}
`))
	pod.Container("app").WaitLog("open")
	app, _ := pod.Delete(podtest.OwnGrace).Of("app")
	fmt.Println(app.ExitCode)
	// Output: 3
}

func ExampleMaxRestartBackoff() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.MaxRestartBackoff(time.Second), podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: crashing}
spec:
  containers: [{name: app, image: "busybox:1.36", command: ["false"]}]
`))
	begun := time.Now()
	pod.WaitFor(func(*corev1.Pod) bool { return pod.Container("app").Restarts() >= 4 })
	fmt.Println(time.Since(begun) < 70*time.Second) // a kubelet's pauses are 10, 20 and 40 seconds
	// Output: true
}
