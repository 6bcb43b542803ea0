// Package kubeapi serves the Kubernetes REST API over a node's object store: what kubectl, client-go and any other client
// of Kubernetes need for pods and the objects beside them.
//
//	handler := kubeapi.New(kubeapi.Config{Store: objects, Node: node, Clock: clock.RealClock{}, Log: log})
//	http.Serve(listener, handler)
//
// It knows the API's paths, verbs, representations, watches and errors. It does not know what a pod needs to run: what
// has effects beyond the store is asked of the Node. Whatever a client sends is defaulted and validated here, as by an API
// server and in the words of package podspec, so that all that lies behind the API is complete and valid.
package kubeapi

import (
	"context"
	"io"
	"net"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/podsim/podsim/runtime/fault"
)

// Node does what the API promises of pods and claims. It writes the results into the store that the API reads. The
// context of every call ends when its client leaves. Errors that are an apierrors.APIStatus reach the client as they are,
// all others as status 500.
type Node interface {
	// CreatePod takes a pod in and returns it as stored: with uid, creation time and status. The pod has a namespace and a
	// name, was defaulted, and is one that an API server would take and podsim can run. It does not wait for the pod to run.
	CreatePod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error)
	// Warnings are what the engine will not do of what the pod asks for, a sentence each.
	Warnings(ctx context.Context, pod *corev1.Pod) []string
	// DeletePod begins to terminate the pod, or removes it, as the options say (S8A), and returns it. Options are never
	// nil; its preconditions are the node's to check. It does not wait for the end of a grace period.
	DeletePod(ctx context.Context, namespace, name string, options *metav1.DeleteOptions) (*corev1.Pod, error)
	// UpdatePod stores what change makes of the pod, lets the node act on it and returns the pod. An error of change is returned as it
	// is, and then nothing is stored; change must not call the node or the store.
	UpdatePod(ctx context.Context, namespace, name string, change func(*corev1.Pod) error) (*corev1.Pod, error)
	// AdoptClaims puts the claims into the store whose volumes the engine has, whoever made them.
	AdoptClaims(ctx context.Context) error
	// DeleteClaim removes the claim from the store and its volume from the engine.
	DeleteClaim(ctx context.Context, namespace, name string) error
	// Logs opens the log of a container of the pod. The options are valid, and Container names a container of the pod.
	// With Follow the stream ends after the container, or with the context. Closing the stream ends a blocked Read.
	Logs(ctx context.Context, namespace, name string, options *corev1.PodLogOptions) (io.ReadCloser, error)
	// Metrics measures what the running containers of the pods use. Pods of which none runs are left out.
	Metrics(ctx context.Context, pods []*corev1.Pod) ([]metrics.PodMetrics, error)
	// Exec runs a command in a container of the pod and returns when it has ended: nil for exit code 0, and an error
	// that holds a k8s.io/utils/exec.CodeExitError for any other.
	Exec(ctx context.Context, namespace, name string, options ExecOptions) error
	// Attach connects the streams with the process that a running container was started with, until that ends or, if it has no stdin to
	// give, the client's streams do.
	Attach(ctx context.Context, namespace, name, container string, streams Streams) error
	// DialPod connects to a TCP port of the pod as a process in it does at localhost.
	DialPod(ctx context.Context, namespace, name string, port uint16) (net.Conn, error)
	// Faults are those of the pod that last.
	Faults(ctx context.Context, namespace, name string) ([]fault.Fault, error)
	// InjectFault does a fault to the pod, and returns it when that is done. What keeps it from being done is the error.
	InjectFault(ctx context.Context, namespace, name string, f fault.Fault) (fault.Fault, error)
	// ClearFaults ends the pod's faults with these IDs, or all if there are none, and returns those that it ended.
	ClearFaults(ctx context.Context, namespace, name string, ids []string) ([]fault.Fault, error)
	// DialPodAddress connects to a TCP port of the pod's own address, as a client outside of the pod does.
	DialPodAddress(ctx context.Context, namespace, name string, port uint16) (net.Conn, error)
}

// ExecOptions is a command to run in a container.
type ExecOptions struct {
	// Container names a container of the pod.
	Container string
	// Command is the program and its arguments; at least the program.
	Command []string
	Streams
}

// Streams are what a process in a container is connected with.
type Streams struct {
	// Stdin, Stdout and Stderr are nil when the client did not ask for them. With TTY, Stderr is nil.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	TTY            bool
	// Resize delivers the sizes of the client's terminal, the first one at once, and is closed when the client leaves;
	// nil without TTY.
	Resize <-chan remotecommand.TerminalSize
}
