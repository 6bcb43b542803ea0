package kubeapi_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/cmd/auth"
	"k8s.io/kubectl/pkg/cmd/create"
	"k8s.io/kubectl/pkg/cmd/debug"
	kubectldelete "k8s.io/kubectl/pkg/cmd/delete"
	"k8s.io/kubectl/pkg/cmd/describe"
	"k8s.io/kubectl/pkg/cmd/events"
	"k8s.io/kubectl/pkg/cmd/get"
	"k8s.io/kubectl/pkg/cmd/logs"
	"k8s.io/kubectl/pkg/cmd/patch"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/cmd/wait"
)

// kubectl runs one of kubectl's own commands against the API and returns what it printed. What kubectl would exit for
// follows as the last line.
func (a *api) kubectl(args ...string) string {
	var out bytes.Buffer
	a.kubectlTo(&out, args...)
	return out.String()
}

// kubectlTo is kubectl with the output to follow.
func (a *api) kubectlTo(out io.Writer, args ...string) {
	config := genericclioptions.NewConfigFlags(false)
	config.APIServer = &a.URL
	config.WrapConfigFn = func(*rest.Config) *rest.Config { return a.config() }
	factory := cmdutil.NewFactory(config)
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: out, ErrOut: out}
	commands := map[string]func() *cobra.Command{
		"get":      func() *cobra.Command { return get.NewCmdGet("kubectl", factory, streams) },
		"describe": func() *cobra.Command { return describe.NewCmdDescribe("kubectl", factory, streams) },
		"logs":     func() *cobra.Command { return logs.NewCmdLogs(factory, streams) },
		"events":   func() *cobra.Command { return events.NewCmdEvents(factory, streams) },
		"patch":    func() *cobra.Command { return patch.NewCmdPatch(factory, streams) },
		"debug":    func() *cobra.Command { return debug.NewCmdDebug(config, streams) },
		"wait":     func() *cobra.Command { return wait.NewCmdWait(config, streams) },
		"delete":   func() *cobra.Command { return kubectldelete.NewCmdDelete(factory, streams) },
		"auth":     func() *cobra.Command { return auth.NewCmdAuth(factory, streams) },
		"create":   func() *cobra.Command { return create.NewCmdCreate(factory, streams) },
	}
	command := commands[args[0]]()
	command.SetArgs(args[1:])
	command.SetOut(out)
	command.SetErr(out)

	type fatal string
	cmdutil.BehaviorOnFatal(func(message string, code int) {
		panic(fatal(fmt.Sprintf("%s (exit %d)", strings.TrimSpace(message), code)))
	})
	defer cmdutil.DefaultBehaviorOnFatal()
	func() {
		defer func() {
			switch cause := recover().(type) {
			case nil:
			case fatal:
				fmt.Fprintln(out, string(cause))
			default:
				panic(cause)
			}
		}()
		if err := command.ExecuteContext(a.t.Context()); err != nil {
			fmt.Fprintln(out, err)
		}
	}()
}

// columns makes the spaces between the columns of a table single ones, and the ages of what has just happened 0s.
func columns(table string) string {
	var lines []string
	for line := range strings.Lines(table) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return regexp.MustCompile(`\b\ds\b`).ReplaceAllString(strings.Join(lines, "\n"), "0s")
}

func TestKubectlGet(t *testing.T) {
	api := serve(t)
	pod := api.havePod("a", func(pod *corev1.Pod) {
		pod.CreationTimestamp = metav1.NewTime(time.Now().Add(-3 * time.Hour))
		pod.Status.PodIPs = []corev1.PodIP{{IP: "10.0.0.5"}}
	})
	api.haveEvent("a.1", pod, "Started", "Container started")
	for args, want := range map[string]string{
		"get pods":                              "NAME READY STATUS RESTARTS AGE\na 1/1 Running 0 3h",
		"get po a -o wide":                      "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES\na 1/1 Running 0 3h 10.0.0.5 podsim <none> <none>",
		"get pods -A --no-headers":              "default a 1/1 Running 0 3h",
		"get pod a -o name":                     "pod/a",
		"get pod a -o jsonpath={.status.phase}": "Running",
		"get pod a -o jsonpath={.kind}":         "Pod",
		"get pods --sort-by=.metadata.name":     "NAME READY STATUS RESTARTS AGE\na 1/1 Running 0 3h",
		"get pods -l x=y":                       "No resources found in default namespace.",
		"get pods --field-selector=x=y":         `Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "x=y": field label not supported: x (exit 1)`,
		"get pods b":                            `Error from server (NotFound): pods "b" not found (exit 1)`,
		"get ingresses":                         `error: the server doesn't have a resource type "ingresses" (exit 1)`,
		"get all":                               "NAME READY STATUS RESTARTS AGE\npod/a 1/1 Running 0 3h",
		"get events":                            "LAST SEEN TYPE REASON OBJECT MESSAGE\n0s Normal Started pod/a Container started",
		"get cm,secrets,pvc":                    "No resources found in default namespace.",
		"get ns default --no-headers -o custom-columns=N:.metadata.name,S:.status.phase": "default Active",
		"events --for pod/a --no-headers":                                                "0s Normal Started Pod/a Container started",
		"events --types=Warning":                                                         "No events found in default namespace.",
		"wait --for=condition=Ready pod/b":                                               `Error from server (NotFound): pods "b" not found (exit 1)`,
		"logs a -c other":                                                                "error: container other is not valid for pod a out of: main (exit 1)",
	} {
		if got := columns(api.kubectl(strings.Fields(args)...)); got != want {
			t.Errorf("kubectl %s\n got: %s\nwant: %s", args, got, want)
		}
	}
}

func TestKubectlDescribeShowsEvents(t *testing.T) {
	api := serve(t)
	api.haveEvent("a.1", api.havePod("a"), "Started", "Container started")
	got := columns(api.kubectl("describe", "pod", "a"))
	for _, want := range []string{"Name: a", "Image: busybox:1.36", "State: Running", "Normal Started 0s kubelet spec.containers{main}: Container started"} {
		if !strings.Contains(got, want) {
			t.Errorf("kubectl describe does not say %q:\n%s", want, got)
		}
	}
}

func TestKubectlLogs(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	api.havePod("not-started")
	if got := api.kubectl("logs", "not-started"); !strings.Contains(got, `container "main" in pod "not-started" is waiting to start: ContainerCreating`) {
		t.Errorf("kubectl logs of a container that waits: %s", got)
	}
	api.node.logs = func(_ context.Context, options *corev1.PodLogOptions) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(fmt.Sprintf("%s previous=%v tail=%d\n", options.Container, options.Previous, *options.TailLines))), nil
	}
	if got := api.kubectl("logs", "a", "--previous", "--tail=3"); got != "main previous=true tail=3\n" {
		t.Errorf("kubectl logs: %s", got)
	}
}

func TestKubectlWaitsAndDeletes(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	ready := make(chan string)
	go func() { ready <- api.kubectl("wait", "--for=condition=Ready", "pod/a", "--timeout=10s") }()
	api.setPod("a", func(pod *corev1.Pod) {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	})
	if got := <-ready; got != "pod/a condition met\n" {
		t.Errorf("kubectl wait: %s", got)
	}
	if got := api.kubectl("wait", "--for=condition=Gone", "pod/a", "--timeout=50ms"); !strings.Contains(got, "timed out waiting for the condition on pods/a") {
		t.Errorf("kubectl wait for what does not come: %s", got)
	}
	if got := api.kubectl("delete", "pod", "a", "--grace-period=0", "--force"); !strings.Contains(got, `pod "a" force deleted`) {
		t.Errorf("kubectl delete: %s", got)
	}
	if got := api.kubectl("wait", "--for=delete", "pod/a", "--timeout=10s"); got != "" {
		t.Errorf("kubectl wait for a deletion that has happened: %s", got)
	}
}

func TestKubectlGetFollowsTheTable(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	reader, writer := io.Pipe()
	go func() {
		api.kubectlTo(writer, "get", "pods", "--watch", "--output-watch-events")
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	for _, step := range []struct {
		line string
		then func()
	}{
		{"EVENT NAME READY STATUS RESTARTS AGE", func() {}},
		{"ADDED a 1/1 Running 0 0s", func() {
			api.setPod("a", func(pod *corev1.Pod) { pod.Status.ContainerStatuses[0].Ready = false })
		}},
		{"MODIFIED a 0/1 Running 0 0s", func() { api.havePod("b") }},
		{"ADDED b 1/1 Running 0 0s", api.CloseClientConnections},
	} {
		if !lines.Scan() {
			t.Fatalf("kubectl get --watch ended before it said %q", step.line)
		}
		if got := columns(lines.Text()); got != step.line {
			t.Errorf("kubectl get --watch says %q, want %q", got, step.line)
		}
		step.then()
	}
	io.Copy(io.Discard, reader)
}
