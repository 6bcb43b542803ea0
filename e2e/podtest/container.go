package podtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"github.com/go-logr/logr"
	"github.com/moby/moby/api/types/network"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/exec"
	"k8s.io/klog/v2"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/follow"
	"github.com/podsim/podsim/runtime/podstate"
)

// Container is a container of a pod, through all its restarts.
type Container struct {
	pod  *Pod
	name string
}

// Name is the container's name.
func (c *Container) Name() string { return c.name }

// declaredPorts are the TCP ports that the container declares.
func (c *Container) declaredPorts() []network.Port {
	spec, _ := podspec.FindContainer(c.pod.created, c.name)
	if spec == nil {
		return nil // an ephemeral container, which has none
	}
	var ports []network.Port
	for _, port := range spec.Ports {
		if port.Protocol == "" || port.Protocol == corev1.ProtocolTCP {
			declared, _ := network.PortFrom(uint16(port.ContainerPort), network.TCP)
			ports = append(ports, declared)
		}
	}
	return ports
}

// Status is the container's status now, or its last one if the pod is gone; the zero value before it has one.
func (c *Container) Status() corev1.ContainerStatus {
	c.pod.t.Helper()
	return result(c.pod, c.StatusContext)
}

// StatusContext is Status with a context.
func (c *Container) StatusContext(ctx context.Context) (corev1.ContainerStatus, error) {
	pod, err := c.pod.get(ctx)
	if err != nil {
		return corev1.ContainerStatus{}, c.failed(ctx, "asking for its status", err)
	}
	return c.statusIn(pod), nil
}

func (c *Container) statusIn(pod *corev1.Pod) corev1.ContainerStatus {
	for _, status := range podstate.AllStatuses(pod) {
		if status.Name == c.name {
			return status
		}
	}
	return corev1.ContainerStatus{}
}

// Restarts is how often the container has been restarted.
func (c *Container) Restarts() int {
	c.pod.t.Helper()
	return int(c.Status().RestartCount)
}

// Logs is the log of the container's newest attempt until now.
func (c *Container) Logs() string {
	c.pod.t.Helper()
	return result(c.pod, c.LogsContext)
}

// LogsContext is Logs with a context.
func (c *Container) LogsContext(ctx context.Context) (string, error) {
	return c.logs(ctx, &corev1.PodLogOptions{Container: c.name})
}

// PreviousLogs is the log of the attempt before the newest.
func (c *Container) PreviousLogs() string {
	c.pod.t.Helper()
	return result(c.pod, c.PreviousLogsContext)
}

// PreviousLogsContext is PreviousLogs with a context.
func (c *Container) PreviousLogsContext(ctx context.Context) (string, error) {
	return c.logs(ctx, &corev1.PodLogOptions{Container: c.name, Previous: true})
}

func (c *Container) logs(ctx context.Context, options *corev1.PodLogOptions) (string, error) {
	text, err := readLog(c.pod.space.client.CoreV1().Pods(c.pod.space.namespace).GetLogs(c.pod.name, options).Stream(ctx))
	if err != nil {
		return "", c.failed(ctx, "reading its log", err)
	}
	return string(text), nil
}

// readLog reads a log that was opened by Stream, which tells in the server's words why there is none; DoRaw does not.
func readLog(log io.ReadCloser, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer log.Close()
	return io.ReadAll(log)
}

// WaitLog waits until a line of the container's log matches a regular expression, and returns that line. It looks at all lines since the
// container's first start, whichever attempt wrote them.
func (c *Container) WaitLog(pattern string) string {
	c.pod.t.Helper()
	return result(c.pod, func(ctx context.Context) (string, error) { return c.WaitLogContext(ctx, pattern) })
}

// WaitLogContext is WaitLog with a context.
func (c *Container) WaitLogContext(ctx context.Context, pattern string) (string, error) {
	doing := fmt.Sprintf("waiting for a line of its log that matches %q", pattern)
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return "", c.failed(ctx, doing, err)
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var found, note string
	matched := false
	logs := follow.NewLogs(follow.ContainerLog{Client: c.pod.space.client.CoreV1(), Pod: c.pod.created, Container: c.name},
		func(line []byte) {
			if line = bytes.TrimSuffix(line, []byte("\n")); !matched && expression.Match(line) {
				matched, found = true, string(line)
				stop()
			}
		},
		func(text string) { note = text })
	var feeding sync.WaitGroup
	feeding.Go(func() { c.feed(reading, logs) })
	logs.Run(reading)
	stop()
	feeding.Wait()
	switch {
	case matched:
		return found, nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case note != "":
		err = errors.New(note)
	default:
		err = errors.New("it has ended, and none does")
	}
	return "", c.failed(ctx, doing, err)
}

// feed tells the logs of the container's attempts, until no further one will come.
func (c *Container) feed(ctx context.Context, logs *follow.Logs) {
	_ = c.pod.history.each(ctx, func(now sight) bool {
		if status := c.statusIn(now.pod); status.Name != "" {
			logs.Seen(&status)
		}
		over := now.gone || podstate.Terminal(now.pod)
		if over {
			logs.End()
		}
		return over
	})
}

// Result is what a command has left.
type Result struct {
	Stdout, Stderr string
	// Code is its exit code.
	Code int
}

// Exec runs a command in the running container. An exit code other than 0 is a result like another.
func (c *Container) Exec(command ...string) Result {
	c.pod.t.Helper()
	return result(c.pod, func(ctx context.Context) (Result, error) { return c.ExecContext(ctx, nil, command...) })
}

// ExecContext is Exec with a context, and with what the command reads; nil gives it nothing.
func (c *Container) ExecContext(ctx context.Context, stdin io.Reader, command ...string) (Result, error) {
	url := c.pod.space.client.CoreV1().RESTClient().Post().
		Namespace(c.pod.space.namespace).Resource("pods").Name(c.pod.name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: c.name, Command: command, Stdin: stdin != nil, Stdout: true, Stderr: true}, scheme.ParameterCodec).URL()
	var stdout, stderr output
	streaming := klog.NewContext(ctx, logr.Discard()) // what a command does not read is its own affair
	err := endpoint.Executor{}.ExecuteWithContext(streaming, url, c.pod.space.config, stdin, &stdout, &stderr, false, nil)
	done := Result{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit exec.CodeExitError
	switch {
	case errors.As(err, &exit):
		done.Code = exit.Code
	case err != nil:
		return done, c.failed(ctx, fmt.Sprintf("running %q", command), c.whyNotRun(ctx, err))
	}
	return done, nil
}

// whyNotRun is why a command was not run to its end: the connection's error, unless there is a better reason.
func (c *Container) whyNotRun(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f, frozen := c.frozen(ctx); frozen {
		return fmt.Errorf("%s: Resume thaws it", f)
	}
	return err
}

// output is what a command has written, which is still copied when the command's context has ended before it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (c *Container) failed(ctx context.Context, doing string, err error) error {
	return c.pod.failed(ctx, fmt.Sprintf("container %s: %s", c.name, doing), err)
}
