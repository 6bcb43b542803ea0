package runtime

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// Limits of what random pods do.
const (
	longestPostStart = 10 * time.Second
	restartAllCode   = 42
)

func pick[T any](s *simulation, from ...T) T { return from[s.random.IntN(len(from))] }

func (s *simulation) randomPod(name string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}}
	pod.Spec.RestartPolicy = pick(s, corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	grace := pick[int64](s, 0, 1, 2, 5, 10, 30)
	pod.Spec.TerminationGracePeriodSeconds = &grace
	if s.chance(0.15) {
		deadline := 1 + s.random.Int64N(120)
		pod.Spec.ActiveDeadlineSeconds = &deadline
	}
	restartsAll := s.chance(0.15)
	for i := range s.random.IntN(4) {
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, s.randomInit(fmt.Sprintf("%s-init%d", name, i), restartsAll))
	}
	for i := range 1 + s.random.IntN(3) {
		c := corev1.Container{Name: fmt.Sprintf("%s-main%d", name, i), Image: "busybox:1.36"}
		s.addRules(&c, restartsAll)
		s.script(c.Name, 0.3, 20*time.Second)
		pod.Spec.Containers = append(pod.Spec.Containers, c)
	}
	if s.chance(0.6) {
		s.addQuestions(pod)
	}
	defaults.Pod(pod)
	s.asked.Store(name, questionsOf(pod))
	return pod
}

func (s *simulation) randomInit(name string, restartsAll bool) corev1.Container {
	c := corev1.Container{Name: name, Image: "busybox:1.36"}
	if s.chance(0.5) {
		s.addRules(&c, restartsAll)
		s.script(name, 0, 5*time.Second)
		return c
	}
	always := corev1.ContainerRestartPolicyAlways
	c.RestartPolicy = &always
	s.script(name, 0.6, 40*time.Second)
	return c
}

// addRules gives a container a restart policy of its own, and rules for some exit codes.
func (s *simulation) addRules(c *corev1.Container, restartsAll bool) {
	if !restartsAll && !s.chance(0.2) {
		return
	}
	policy := pick(s, corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure)
	c.RestartPolicy = &policy
	operators := []corev1.ContainerRestartRuleOnExitCodesOperator{corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn}
	if restartsAll {
		c.RestartPolicyRules = append(c.RestartPolicyRules, corev1.ContainerRestartRule{Action: corev1.ContainerRestartRuleActionRestartAllContainers,
			ExitCodes: &corev1.ContainerRestartRuleOnExitCodes{Operator: operators[0], Values: []int32{restartAllCode}}})
	}
	if s.chance(0.5) {
		c.RestartPolicyRules = append(c.RestartPolicyRules, corev1.ContainerRestartRule{Action: corev1.ContainerRestartRuleActionRestart,
			ExitCodes: &corev1.ContainerRestartRuleOnExitCodes{Operator: pick(s, operators...), Values: []int32{s.random.Int32N(3), s.random.Int32N(3) + 3}}})
	}
}

// addQuestions gives the containers of a pod probes and hooks.
func (s *simulation) addQuestions(pod *corev1.Pod) {
	port := 8000
	each := func(c *corev1.Container) {
		handler := func(p purpose) (exec *corev1.ExecAction, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) {
			port++
			hook := p == postStartHook || p == preStopHook
			switch kinds := s.random.IntN(5); {
			case kinds < 3:
				return &corev1.ExecAction{Command: []string{string(p)}}, nil, nil
			case kinds == 3 || hook:
				return nil, &corev1.HTTPGetAction{Port: intstr.FromInt(port), Path: "/" + string(p)}, nil
			default:
				return nil, nil, &corev1.TCPSocketAction{Port: intstr.FromInt(port)}
			}
		}
		probe := func(p purpose) *corev1.Probe {
			made := &corev1.Probe{PeriodSeconds: pick[int32](s, 1, 1, 2, 3, 5, 10), FailureThreshold: 1 + s.random.Int32N(4), TimeoutSeconds: 1 + s.random.Int32N(2)}
			made.Exec, made.HTTPGet, made.TCPSocket = handler(p)
			if s.chance(0.2) {
				made.InitialDelaySeconds = s.random.Int32N(8)
			}
			if p != readinessProbe && s.chance(0.2) {
				grace := pick[int64](s, 1, 3, 20)
				made.TerminationGracePeriodSeconds = &grace
			}
			if p == readinessProbe && s.chance(0.2) {
				made.SuccessThreshold = 2
			}
			return made
		}
		hook := func(p purpose) *corev1.LifecycleHandler {
			if s.chance(0.25) {
				return &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: s.random.Int64N(8)}}
			}
			exec, http, _ := handler(p)
			return &corev1.LifecycleHandler{Exec: exec, HTTPGet: http}
		}
		if s.chance(0.35) {
			c.StartupProbe = probe(startupProbe)
		}
		if s.chance(0.35) {
			c.ReadinessProbe = probe(readinessProbe)
		}
		if s.chance(0.25) {
			c.LivenessProbe = probe(livenessProbe)
		}
		if s.chance(0.3) {
			c.Lifecycle = &corev1.Lifecycle{}
			if s.chance(0.5) {
				c.Lifecycle.PostStart = hook(postStartHook)
			}
			if c.Lifecycle.PostStart == nil || s.chance(0.5) {
				c.Lifecycle.PreStop = hook(preStopHook)
			}
		}
	}
	for i := range pod.Spec.InitContainers {
		if podspec.IsSidecar(&pod.Spec.InitContainers[i]) {
			each(&pod.Spec.InitContainers[i])
		}
	}
	for i := range pod.Spec.Containers {
		each(&pod.Spec.Containers[i])
	}
}

// script lets the attempts of a container end after random times up to the longest, or never by themselves with the given chance.
func (s *simulation) script(name string, forever float64, longest time.Duration) {
	s.machine.Script(name, func(attempt int) enginetest.Run {
		d := s.dice(name, attempt)
		run := enginetest.Run{For: time.Duration(d.Int64N(int64(longest)))}
		if d.Float64() < forever {
			run.For = enginetest.Forever
		}
		switch code := d.Float64(); {
		case code < 0.35:
			run.Code = 1 + d.IntN(5)
		case code < 0.45:
			run.Code = restartAllCode
		}
		run.IgnoresStop = d.Float64() < 0.15
		if d.Float64() < 0.5 {
			run.StopTakes = time.Duration(d.Int64N(int64(8 * time.Second)))
		}
		if d.Float64() < 0.5 {
			run.StopCode = 143
		}
		return run
	})
}

// command is what a probe or hook of a container that is a command comes to.
func (s *simulation) command(x enginetest.Exec) enginetest.ExecResult {
	if x.Container == network.SandboxContainer { // the agent's
		return enginetest.ExecResult{}
	}
	a := s.reply(x.Pod+x.Container, purpose(x.Command[0]))
	result := enginetest.ExecResult{Takes: a.takes}
	switch {
	case a.errs:
		result.Err = errHiccup
	case !a.good:
		result.Code, result.Stdout = 1, "not now"
	}
	return result
}

// request is what a probe or hook that connects to a pod comes to.
func (s *simulation) request(r enginetest.Request) enginetest.Answer {
	known, _ := s.asked.Load(r.Pod)
	q, ok := known.(map[string]question)[fmt.Sprint(r.Port)]
	if !ok {
		return enginetest.Answer{Refused: true}
	}
	a := s.reply(fmt.Sprint(r.Pod, r.Port), q.purpose)
	if r.HTTP == nil { // the connection
		return enginetest.Answer{Refused: a.errs || !a.good && q.probe != nil && q.probe.TCPSocket != nil}
	}
	answer := enginetest.Answer{Takes: a.takes}
	if !a.good {
		answer.Status = 500
	}
	return answer
}

// reply is how a probe or a hook comes out.
type reply struct {
	takes      time.Duration
	good, errs bool
}

func (s *simulation) reply(who string, p purpose) reply {
	d := s.dice(who+string(p), int(time.Since(s.begun)/time.Second))
	failing := map[purpose]float64{startupProbe: 0.5, readinessProbe: 0.3, livenessProbe: 0.15, postStartHook: 0.1, preStopHook: 0.1}
	a := reply{good: d.Float64() >= failing[p], errs: d.Float64() < 0.03}
	switch slow := d.Float64(); {
	case p == postStartHook && slow < 0.3:
		a.takes = time.Duration(d.Int64N(int64(longestPostStart)))
	case p == preStopHook && slow < 0.05:
		a.takes = enginetest.Forever
	case p == preStopHook && slow < 0.5:
		a.takes = time.Duration(d.Int64N(int64(12 * time.Second)))
	case p == postStartHook || p == preStopHook:
	case slow < 0.02:
		a.takes = enginetest.Forever
	case slow < 0.1:
		a.takes = time.Duration(d.Int64N(int64(3 * time.Second)))
	}
	return a
}
