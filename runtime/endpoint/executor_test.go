package endpoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/exec"
	"k8s.io/klog/v2"
	kubectlexec "k8s.io/kubectl/pkg/cmd/exec"
	"k8s.io/utils/clock"
	utilexec "k8s.io/utils/exec"
)

var _ kubectlexec.RemoteExecutor = endpoint.Executor{}

// echo is a node whose commands write their stdin to stdout and exit 7.
type echo struct{ kubeapi.Node }

func (echo) Exec(_ context.Context, _, _ string, options kubeapi.ExecOptions) error {
	if _, err := io.Copy(options.Stdout, options.Stdin); err != nil {
		return err
	}
	return utilexec.CodeExitError{Err: errors.New("exit status 7"), Code: 7}
}

// deaf is a node whose commands read nothing, and run until they are let go.
type deaf struct {
	kubeapi.Node
	let chan struct{}
}

func (d deaf) Exec(context.Context, string, string, kubeapi.ExecOptions) error {
	<-d.let
	return nil
}

// serving returns how a node with the pod "a" is reached.
func serving(t *testing.T, node kubeapi.Node) (*rest.Config, kubernetes.Interface) {
	t.Helper()
	t.Setenv(endpoint.DirectoryVariable, t.TempDir())
	dir, err := endpoint.Directory("unix:///var/run/docker.sock")
	if err != nil {
		t.Fatal(err)
	}
	lease, err := endpoint.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lease.Close() })
	objects := store.New(1)
	_, err = objects.Pods.Create(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "a"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main"}}},
		Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{
			{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: kubeapi.New(kubeapi.Config{
		Store: objects, Node: node, Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler),
	})}
	go server.Serve(lease.Listener)
	t.Cleanup(func() { server.Close() })

	config := endpoint.Config(dir)
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return config, clients
}

func TestExecEndsWithItsContext(t *testing.T) {
	node := deaf{let: make(chan struct{})}
	config, clients := serving(t, node)
	defer close(node.let)
	request := clients.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("a").SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"sleep"}, Stdin: true, Stdout: true}, scheme.ParameterCodec)
	ctx, cancel := context.WithTimeout(klog.NewContext(t.Context(), logr.Discard()), 100*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		sent := bytes.NewReader(make([]byte, 64<<20)) // more than sockets buffer
		ended <- endpoint.Executor{}.ExecuteWithContext(ctx, request.URL(), config, sent, io.Discard, nil, false, nil)
	}()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it takes the command for one that has ended well")
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for a command that reads nothing")
	}
}

func TestExecOverTheSocket(t *testing.T) {
	config, clients := serving(t, echo{})
	request := clients.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("a").SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"cat"}, Stdin: true, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	for range 2 {
		var out, errOut bytes.Buffer
		sent := strings.Repeat("to and fro\n", 10_000)
		err := endpoint.Executor{}.Execute(request.URL(), config, strings.NewReader(sent), &out, &errOut, false, nil)
		var exit exec.CodeExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("error: %v, want exit code 7", err)
		}
		if out.String() != sent || errOut.Len() > 0 {
			t.Errorf("%d bytes came back of %d, stderr %q", out.Len(), len(sent), &errOut)
		}
	}

	gone := clients.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name("none").SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"cat"}, Stdout: true}, scheme.ParameterCodec)
	err := endpoint.Executor{}.Execute(gone.URL(), config, nil, io.Discard, nil, false, nil)
	if fmt.Sprint(err) != `unable to upgrade connection: pods "none" not found` {
		t.Errorf("exec in a pod that is not there: %v", err)
	}
}
