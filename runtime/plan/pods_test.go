package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// now is when every decision of these tests is made.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Policies of the pods in the tables.
const (
	always    = corev1.RestartPolicyAlways
	onFailure = corev1.RestartPolicyOnFailure
	never     = corev1.RestartPolicyNever
)

// podOf is a pod with the given containers. Names tell what an init container is: one that begins with "s" is a sidecar, a
// trailing "?" gives a container a startup probe, a trailing "!" a liveness probe.
func podOf(policy corev1.RestartPolicy, inits, mains string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: "u"}}
	pod.Spec.RestartPolicy = policy
	for _, name := range strings.Fields(inits) {
		c := containerOf(name)
		if strings.HasPrefix(name, "s") {
			sidecar := corev1.ContainerRestartPolicyAlways
			c.RestartPolicy = &sidecar
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, c)
	}
	for _, name := range strings.Fields(mains) {
		pod.Spec.Containers = append(pod.Spec.Containers, containerOf(name))
	}
	return pod
}

func containerOf(name string) corev1.Container {
	c := corev1.Container{Name: strings.TrimRight(name, "?!")}
	if strings.Contains(name, "?") {
		c.StartupProbe = &corev1.Probe{}
	}
	if strings.Contains(name, "!") {
		c.LivenessProbe = &corev1.Probe{}
	}
	return c
}

// changed gives containers of the pod, named with a blank between them, another image than their instances have.
func changed(pod *corev1.Pod, names string) *corev1.Pod {
	for _, name := range strings.Fields(names) {
		c, _ := podspec.FindContainer(pod, name)
		c.Image = "newer"
	}
	return pod
}

// withEphemeral adds ephemeral containers to a pod.
func withEphemeral(pod *corev1.Pod, names string) *corev1.Pod {
	for _, name := range strings.Fields(names) {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers,
			corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name}})
	}
	return pod
}

// ruled gives a container of the pod a restart policy of its own, and rules such as "Restart In 3 4" or "RestartAllContainers NotIn 0".
func ruled(pod *corev1.Pod, name string, policy corev1.ContainerRestartPolicy, rules ...string) *corev1.Pod {
	c, _ := podspec.FindContainer(pod, name)
	c.RestartPolicy = &policy
	for _, rule := range rules {
		words := strings.Fields(rule)
		codes := &corev1.ContainerRestartRuleOnExitCodes{Operator: corev1.ContainerRestartRuleOnExitCodesOperator(words[1])}
		for _, word := range words[2:] {
			var code int32
			if _, err := fmt.Sscan(word, &code); err != nil {
				panic(err)
			}
			codes.Values = append(codes.Values, code)
		}
		c.RestartPolicyRules = append(c.RestartPolicyRules,
			corev1.ContainerRestartRule{Action: corev1.ContainerRestartRuleAction(words[0]), ExitCodes: codes})
	}
	return pod
}

// memories are a pod's containers by name.
type memories map[string]*state.Container

// in is the state of a pod whose sandbox "box" is ready.
func in(m memories) *state.Pod {
	return &state.Pod{Sandbox: &state.Sandbox{ID: "box", Ready: true}, Containers: m}
}

// running is a container with a running instance.
func running() *state.Container {
	return &state.Container{Current: &state.Instance{ID: "id", SandboxID: "box", Phase: state.Running, StartedAt: now.Add(-time.Minute)}}
}

// exited is a container whose instance ended some time ago with a code, which has not been restarted yet.
func exited(code int, ago time.Duration) *state.Container {
	reason := ReasonCompleted
	if code != 0 {
		reason = ReasonError
	}
	return &state.Container{Current: &state.Instance{
		ID: "id", SandboxID: "box", Phase: state.Exited, ExitCode: code, Reason: reason, FinishedAt: now.Add(-ago)}}
}

// backingOff adds a back-off entry to a container that has ended.
func backingOff(c *state.Container, delay time.Duration) *state.Container {
	c.SetBackOff("", state.BackOff{Delay: delay, Updated: c.Current.FinishedAt.Add(-time.Second)})
	return c
}

// announced marks the refusal of a container's next start as published some time ago.
func announced(c *state.Container, ago time.Duration) *state.Container {
	c.StartFailure = &state.StartFailure{Reason: ReasonCrashLoopBackOff, InstanceID: c.Current.ID, At: now.Add(-ago)}
	return c
}

// failed marks the last start of a container as failed some time ago.
func failed(c *state.Container, reason string, ago time.Duration) *state.Container {
	c.StartFailure = &state.StartFailure{Reason: reason, At: now.Add(-ago)}
	return c
}

// startupVerdict gives a running container the verdict of its startup probe.
func startupVerdict(c *state.Container, passed bool) *state.Container {
	c.Startup = state.Failed
	if passed {
		c.Startup = state.Passed
	}
	return c
}

// ill gives a running container a liveness probe that failed.
func ill(c *state.Container) *state.Container {
	c.Liveness = state.Failed
	return c
}

// describe puts a pass into words, such as "start a, refuse b for 10s until 3s, wake 3s". Times count from now.
func describe(p Pass) string {
	var words []string
	if p.NewSandbox {
		words = append(words, "new sandbox")
	}
	if p.KillPod {
		words = append(words, "kill pod")
	}
	for _, c := range p.RestartAll {
		words = append(words, "remove "+c.Name)
	}
	for _, k := range p.Kills {
		word := fmt.Sprintf("kill %s (%s)", k.Container.Name, k.Message)
		if k.Grace != nil {
			word += fmt.Sprintf(" within %ds", *k.Grace)
		}
		words = append(words, word)
	}
	for _, s := range p.Starts {
		words = append(words, "start "+s.Container.Name)
	}
	for _, r := range p.Refusals {
		word := fmt.Sprintf("refuse %s for %v until %v", r.Container.Name, r.Delay, r.Until.Sub(now))
		if r.Announce {
			word += " aloud"
		}
		words = append(words, word)
	}
	if !p.Wake.IsZero() {
		words = append(words, fmt.Sprintf("wake %v", p.Wake.Sub(now)))
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// decision is a row of a table: a pod, what is known of it, and the pass that follows.
type decision struct {
	name  string
	pod   *corev1.Pod
	state *state.Pod
	want  string
}

func checkDecisions(t *testing.T, table []decision) {
	t.Helper()
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			got := describe(Next(Input{Pod: row.pod, State: row.state, Now: now}))
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
