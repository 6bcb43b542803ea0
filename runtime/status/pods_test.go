package status

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// now is when every status of these tests is made.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	always    = corev1.RestartPolicyAlways
	onFailure = corev1.RestartPolicyOnFailure
	never     = corev1.RestartPolicyNever
)

// podOf is a pod with the given containers. An init container whose name begins with "s" is a sidecar, and a trailing "?" gives a
// container a startup probe, a trailing "~" a readiness probe.
func podOf(policy corev1.RestartPolicy, inits, mains string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: "u", Generation: 1}}
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
	c := corev1.Container{Name: strings.TrimRight(name, "?~"), Image: "busybox:1.36"}
	if strings.Contains(name, "?") {
		c.StartupProbe = &corev1.Probe{}
	}
	if strings.Contains(name, "~") {
		c.ReadinessProbe = &corev1.Probe{}
	}
	return c
}

// withEphemeral adds ephemeral containers to a pod.
func withEphemeral(pod *corev1.Pod, names string) *corev1.Pod {
	for _, name := range strings.Fields(names) {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers,
			corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(containerOf(name))})
	}
	return pod
}

// ruled gives a container of the pod the restart policy Never and a rule for the exit code 42.
func ruled(pod *corev1.Pod, name string, action corev1.ContainerRestartRuleAction) *corev1.Pod {
	c, _ := podspec.FindContainer(pod, name)
	policy := corev1.ContainerRestartPolicyNever
	c.RestartPolicy = &policy
	c.RestartPolicyRules = []corev1.ContainerRestartRule{{Action: action, ExitCodes: &corev1.ContainerRestartRuleOnExitCodes{
		Operator: corev1.ContainerRestartRuleOnExitCodesOpIn, Values: []int32{42}}}}
	return pod
}

// memories are a pod's containers by name.
type memories map[string]*state.Container

// in is the state of a pod whose sandbox "box" is ready.
func in(m memories) *state.Pod {
	return &state.Pod{Sandbox: &state.Sandbox{ID: "box", Ready: true, IPs: []string{"10.1.0.2"}, HostIPs: []string{"10.1.0.1"}}, Containers: m}
}

// over is the state of a pod whose sandbox was stopped.
func over(m memories) *state.Pod {
	s := in(m)
	s.Sandbox.Ready = false
	return s
}

// runs is a container whose given attempt runs.
func runs(attempt int) *state.Container {
	return &state.Container{Current: &state.Instance{
		ID: fmt.Sprint("id", attempt), Attempt: attempt, SandboxID: "box", Phase: state.Running, StartedAt: now.Add(-time.Minute)}}
}

// endedWith is a container whose given attempt ended with a code.
func endedWith(code, attempt int) *state.Container {
	c := runs(attempt)
	c.Current.Phase, c.Current.ExitCode, c.Current.FinishedAt, c.Current.Reason = state.Exited, code, now, plan.ReasonCompleted
	if code != 0 {
		c.Current.Reason = plan.ReasonError
	}
	return c
}

// after gives a container a previous instance that ended with a code.
func after(code int, c *state.Container) *state.Container {
	c.Previous = endedWith(code, c.Current.Attempt-1).Current
	return c
}

// failing is a container whose next start failed or is refused.
func failing(c *state.Container, reason, message string) *state.Container {
	c.StartFailure = &state.StartFailure{Reason: reason, Message: message}
	return c
}

func crashLooping(code, attempt int) *state.Container {
	return failing(endedWith(code, attempt), plan.ReasonCrashLoopBackOff, "back-off 10s restarting failed container=m pod=p_default(u)")
}

func passed(c *state.Container) *state.Container {
	c.Startup = state.Passed
	return c
}

// readiness gives a running container the result of its readiness probe.
func readiness(c *state.Container, result state.ProbeResult) *state.Container {
	c.Readiness = result
	return c
}

// published gives a pod the phase that was published last, with the pod initialized or not.
func published(pod *corev1.Pod, phase corev1.PodPhase, initialized bool) *corev1.Pod {
	pod.Status.Phase = phase
	if initialized {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}}
	}
	return pod
}

// describe puts a status into one line: the phase, the conditions that are true, the init containers, a bar, the mains,
// and, if there are any, a bar and the ephemeral containers.
//
//	Pending [PodReadyToStartContainers PodScheduled] s=running started ready r0 | m=waiting:PodInitializing r0
func describe(s corev1.PodStatus) string {
	var truths []string
	for _, c := range s.Conditions {
		if c.Status == corev1.ConditionTrue {
			truths = append(truths, string(c.Type))
		}
	}
	words := []string{string(s.Phase)}
	if s.Reason != "" {
		words = append(words, "("+s.Reason+")")
	}
	words = append(words, "["+strings.Join(truths, " ")+"]")
	for _, c := range s.InitContainerStatuses {
		words = append(words, describeContainer(c))
	}
	words = append(words, "|")
	for _, c := range s.ContainerStatuses {
		words = append(words, describeContainer(c))
	}
	if len(s.EphemeralContainerStatuses) > 0 {
		words = append(words, "|")
	}
	for _, c := range s.EphemeralContainerStatuses {
		words = append(words, describeContainer(c))
	}
	return strings.Join(words, " ")
}

func describeContainer(c corev1.ContainerStatus) string {
	line := c.Name + "=" + describeState(c.State)
	if c.Started != nil && *c.Started {
		line += " started"
	}
	if c.Ready {
		line += " ready"
	}
	line += fmt.Sprintf(" r%d", c.RestartCount)
	if c.LastTerminationState.Terminated != nil {
		line += " last=" + describeState(c.LastTerminationState)
	}
	return line
}

func describeState(s corev1.ContainerState) string {
	switch {
	case s.Running != nil:
		return "running"
	case s.Terminated != nil:
		return fmt.Sprintf("%s(%d)", s.Terminated.Reason, s.Terminated.ExitCode)
	case s.Waiting != nil:
		return "waiting:" + s.Waiting.Reason
	}
	return "nothing"
}
