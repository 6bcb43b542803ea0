package podtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/testcontainers/testcontainers-go/wait"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

func Example() {
	t, end := example() // in a test of yours, t is its *testing.T
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"), podtest.Env("app", "GREETING", "hello"))
	pod.WaitReady()
	fmt.Println(pod.Container("sidecar").WaitLog("shipped"))
	fmt.Print(pod.Container("app").Exec("cat", "/var/log/app.log").Stdout)
	// Output:
	// shipped: hello
	// hello
}

func ExampleUpAll() {
	t, end := example()
	defer end()

	pods := podtest.UpAll(t, podtest.YAML(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "busybox:1.36", command: [sleep, "3600"]}]}
`))
	for _, pod := range pods {
		pod.WaitReady()
		fmt.Println(pod.Name())
	}
	// Output: db-0
}

func ExampleObjects() {
	t, end := example()
	defer end()

	pod := podtest.Up(t,
		podtest.Objects(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "job"},
			Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever,
				Containers:    []corev1.Container{{Name: "job", Image: "busybox:1.36", Command: []string{"sh", "-c", "echo done $PASSWORD"}}},
			},
		}),
		podtest.Env("job", "PASSWORD", "1234"),
		podtest.Limits("job", "memory=64Mi"))
	pod.WaitFor(podtest.Succeeded)
	fmt.Print(pod.Container("job").Logs())
	// Output: done 1234
}

func ExampleBuild() {
	t, end := example()
	defer end()

	pod := podtest.Up(t,
		podtest.YAML(`{apiVersion: v1, kind: Pod, metadata: {name: greeter}, spec: {restartPolicy: Never, containers: [{name: app, image: greeter}]}}`),
		podtest.Build("app", "testdata/greeter"))
	pod.WaitFor(podtest.Ended)
	fmt.Print(pod.Container("app").Logs())
	// Output: hello from the image
}

func ExampleConfigMap() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"), podtest.ConfigMap("shop", map[string]string{"motto": "closed on Sundays\n"}))
	fmt.Println(pod.Container("app").WaitLog("."))
	// Output: closed on Sundays
}

func ExamplePod_Forward() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	response, err := http.Get("http://" + pod.Forward(8080) + "/motto")
	if err != nil {
		t.Fatalf("asking the app: %v", err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Print(string(body))
	// Output: open all hours
}

func ExamplePod_Dial() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	connection := pod.Dial(8080)
	defer connection.Close()
	fmt.Fprint(connection, "GET /motto HTTP/1.0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("asking the app: %v", err)
	}
	fmt.Println(answer.Status)
	// Output: 200 OK
}

func ExamplePod_ReadFile() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	pod.WriteFile("logs", "old/app.log", []byte("good night\n"))
	pod.Walk("logs", func(path string, info fs.FileInfo) error {
		if path == "old/app.log" {
			fmt.Println(path, info.Size())
		}
		return nil
	})
	fmt.Print(string(pod.ReadFile("logs", "old/app.log")))
	// Output:
	// old/app.log 11
	// good night
}

func ExamplePod_Apply() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	pod.Apply(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Data: map[string]string{"motto": "sold out"}})
	result := pod.Container("app").Exec("sh", "-c", "until grep 'sold out' /etc/shop/motto; do sleep 0.1; done")
	fmt.Print(result.Stdout)
	// Output: sold out
}

func ExamplePod_ApplyYAML() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	pod.ApplyYAML(`{apiVersion: v1, kind: ConfigMap, metadata: {name: shop}, data: {motto: sold out}}`)
	result := pod.Container("app").Exec("sh", "-c", "until grep 'sold out' /etc/shop/motto; do sleep 0.1; done")
	fmt.Print(result.Stdout)
	// Output: sold out
}

func ExamplePod_Events() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	for _, event := range pod.Events() {
		if event.InvolvedObject.FieldPath == "spec.containers{app}" && event.Type == corev1.EventTypeNormal {
			fmt.Println(event.Reason)
		}
	}
	// Output:
	// Pulled
	// Created
	// Started
}

func ExamplePod_Delete() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	for _, container := range pod.Delete(20 * time.Second).Containers {
		fmt.Println(container.Name, container.ExitCode, container.Reason)
	}
	// Output:
	// app 0 Completed
	// sidecar 0 Completed
}

func ExamplePod_WaitReadyContext() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  restartPolicy: Never
  initContainers: [{name: migrate, image: "busybox:1.36", command: ["false"]}]
  containers: [{name: app, image: "busybox:1.36"}]
`))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := pod.WaitReadyContext(ctx) // its text has the pod's timeline, and the ends of its logs
	var failure *podtest.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Err)
	}
	// Output: it has ended: Failed
}

func ExampleContainer_Testcontainer() {
	t, end := example()
	defer end()

	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"))
	pod.WaitReady()
	container := pod.Container("app").Testcontainer()
	err := wait.ForHTTP("/motto").WithPort("8080/tcp").WaitUntilReady(t.Context(), container)
	fmt.Println(err)
	// Output: <nil>
}
