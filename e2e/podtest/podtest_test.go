package podtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

const shop = `
apiVersion: v1
kind: Pod
metadata: {name: shop, namespace: production}
spec:
  terminationGracePeriodSeconds: 30
  initContainers:
  - name: sidecar
    image: busybox:1.36
    restartPolicy: Always
    command: [sh, -c, "trap 'exit 3' TERM; until [ -f /log/app.log ]; do sleep 0.1; done; tail -f /log/app.log & wait"]
    volumeMounts: [{name: log, mountPath: /log}]
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap 'exit 0' TERM; echo $GREETING > /log/app.log; sleep 1000 & wait"]
    env: [{name: GREETING, value: good morning}]
    volumeMounts: [{name: log, mountPath: /log}]
  volumes: [{name: log, emptyDir: {}}]
`

func TestAPodFromItsStartToItsEnd(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(shop), podtest.Env("app", "GREETING", "hello"))
	pod.WaitReady()
	sidecar, app := pod.Container("sidecar"), pod.Container("app")
	if line := sidecar.WaitLog("hell."); line != "hello" {
		t.Errorf("line %q", line)
	}
	if got := app.Exec("sh", "-c", "cat /log/app.log; echo no >&2; exit 7"); got != (podtest.Result{Stdout: "hello\n", Stderr: "no\n", Code: 7}) {
		t.Errorf("exec: %+v", got)
	}
	if got := sidecar.Logs(); got != "hello\n" {
		t.Errorf("log %q", got)
	}
	const none = `container app: reading its log: previous terminated container "app" in pod "shop" not found`
	if _, err := app.PreviousLogsContext(t.Context()); err == nil || !strings.Contains(err.Error(), none) {
		t.Errorf("the log of no instance: %v", err)
	}
	if got := app.Restarts(); got != 0 {
		t.Errorf("%d restarts", got)
	}
	if events := pod.Events(); len(events) == 0 || events[0].Reason != "Scheduled" {
		t.Errorf("events %v", events)
	}
	ending := pod.Delete(podtest.OwnGrace)
	var ends []string
	for _, c := range ending.Containers {
		ends = append(ends, c.Name)
	}
	end, _ := ending.Of("sidecar")
	if strings.Join(ends, " ") != "app sidecar" || end.ExitCode != 3 {
		t.Errorf("ended:\n%s", ending)
	}
}

func TestACommandEndsWithItsContext(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(shop))
	pod.WaitReady()
	app := pod.Container("app")
	over, end := context.WithCancel(t.Context())
	end()
	if _, err := app.ExecContext(over, nil, "true"); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that was over before: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got, err := app.ExecContext(short, nil, "sh", "-c", "echo begun; sleep 60")
	if !errors.Is(err, context.DeadlineExceeded) || got.Stdout != "begun\n" {
		t.Errorf("one that ends meanwhile: %+v, %v", got, err)
	}
}

func TestAnErrorTellsWhatHappened(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(`
apiVersion: v1
kind: Pod
metadata: {name: broken}
spec:
  restartPolicy: Never
  initContainers:
  - {name: migrate, image: busybox:1.36, command: [sh, -c, "echo no database; exit 4"]}
  containers:
  - {name: app, image: busybox:1.36}
`))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := pod.WaitReadyContext(ctx)
	var failure *podtest.Error
	if !errors.As(err, &failure) || failure.Err.Error() != "it has ended: Failed" {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"created\n", "migrate  ended with 4 (Error)\n", "phase Failed\n", "Normal Started: Container started\n", "the end of the log of container migrate:\n  no database"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

// The account of pods that name none is there before them.
func TestAccountsComeWithTheirPods(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(shop), podtest.Env("app", "GREETING", "hello"), podtest.YAML(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, labels: {team: shop}}
imagePullSecrets: [{name: registry}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: other}
`))
	accounts, err := pod.Client().CoreV1().ServiceAccounts(pod.Namespace()).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(accounts.Items) != 2 || accounts.Items[0].Labels["team"] != "shop" {
		t.Errorf("the accounts are %+v, error %v", accounts, err)
	}
	created, err := pod.Client().CoreV1().Pods(pod.Namespace()).Get(t.Context(), "shop", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if secrets := created.Spec.ImagePullSecrets; len(secrets) != 1 || secrets[0].Name != "registry" { // (S1.3)
		t.Errorf("its pull secrets are %v", secrets)
	}
}
