package podtest_test

import (
	"io"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/podsim/podsim/e2e/podtest"
)

const web = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: httpd
    image: busybox:1.36
    command: [sh, -c, "mkdir /www; echo from the pod > /www/index.html; echo serving; exec httpd -f -v -p 80 -h /www"]
    ports: [{containerPort: 80}]
    readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}
`

func TestAPodAndATestcontainerOnOneNetwork(t *testing.T) {
	podtest.RequireEngine(t)
	t.Parallel()
	ctx := t.Context()
	shared, err := network.New(ctx)
	testcontainers.CleanupNetwork(t, shared)
	if err != nil {
		t.Fatal(err)
	}
	other, err := testcontainers.Run(ctx, "busybox:1.36", testcontainers.WithCmd("sh", "-c", "mkdir /www; echo from the container > /www/index.html; exec httpd -f -p 80 -h /www"),
		network.WithNetwork([]string{"neighbour"}, shared), testcontainers.WithWaitStrategy(wait.ForExec([]string{"wget", "-qO-", "http://127.0.0.1/"})))
	testcontainers.CleanupContainer(t, other)
	if err != nil {
		t.Fatal(err)
	}

	pod := podtest.Up(t, podtest.YAML(web), podtest.Network(shared.Name))
	pod.WaitReady()
	httpd := pod.Container("httpd")
	if got := httpd.Exec("wget", "-qO-", "http://neighbour/"); got.Stdout != "from the container\n" {
		t.Errorf("the pod gets %+v", got)
	}
	code, output, err := other.Exec(ctx, []string{"wget", "-qO-", "http://web/"}, tcexec.Multiplexed())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(output); code != 0 || string(text) != "from the pod\n" {
		t.Errorf("the container gets %d, %q, %v", code, text, err)
	}

	asContainer := httpd.Testcontainer()
	for name, strategy := range map[string]wait.Strategy{
		"log": wait.ForLog("serving"), "http": wait.ForHTTP("/").WithPort("80/tcp"), "port": wait.ForListeningPort("80/tcp"), "exec": wait.ForExec([]string{"true"}),
	} {
		if err := strategy.WaitUntilReady(ctx, asContainer); err != nil {
			t.Errorf("waiting for %s: %v", name, err)
		}
	}
	if asContainer.SessionID() != testcontainers.SessionID() {
		t.Errorf("session %q, and this is %q", asContainer.SessionID(), testcontainers.SessionID())
	}
	if err := asContainer.Terminate(ctx); err == nil {
		t.Error("a container of a pod can be terminated")
	}
}
