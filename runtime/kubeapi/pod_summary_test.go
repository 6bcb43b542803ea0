package kubeapi

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// now is the time at which the tests look at pods.
var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func waiting(reason string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

func terminated(reason string, code int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code}}
}

func signalled(signal int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 128 + signal, Signal: signal}}
}

// container is the status of one container; its name comes from its place.
func container(state corev1.ContainerState, change ...func(*corev1.ContainerStatus)) corev1.ContainerStatus {
	status := corev1.ContainerStatus{State: state}
	for _, c := range change {
		c(&status)
	}
	return status
}

func started(status *corev1.ContainerStatus) { yes := true; status.Started = &yes }
func ready(status *corev1.ContainerStatus)   { status.Ready = true }

// restarted says that the container was restarted n times, last so long before now.
func restarted(n int32, ago time.Duration) func(*corev1.ContainerStatus) {
	return func(status *corev1.ContainerStatus) {
		status.RestartCount = n
		status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{FinishedAt: metav1.NewTime(now.Add(-ago))}
	}
}

// observed is a pod as far as `kubectl get` looks at it. Inits whose place is in sidecars are sidecars.
type observed struct {
	phase      corev1.PodPhase
	reason     string
	inits      []corev1.ContainerStatus
	sidecars   []int
	mains      []corev1.ContainerStatus
	conditions []corev1.PodConditionType // the true ones
	deleted    bool
}

func (o observed) pod() *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
	pod.Status.Phase, pod.Status.Reason = o.phase, o.reason
	always := corev1.ContainerRestartPolicyAlways
	for i, status := range o.inits {
		status.Name = fmt.Sprintf("init-%d", i)
		spec := corev1.Container{Name: status.Name}
		for _, sidecar := range o.sidecars {
			if sidecar == i {
				spec.RestartPolicy = &always
			}
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, spec)
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, status)
	}
	for i, status := range o.mains {
		status.Name = fmt.Sprintf("main-%d", i)
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: status.Name})
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, status)
	}
	for _, condition := range o.conditions {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: condition, Status: corev1.ConditionTrue})
	}
	if o.deleted {
		pod.DeletionTimestamp = &metav1.Time{Time: now}
	}
	return pod
}

// TestPodColumns holds READY, STATUS and RESTARTS against the words of S3.75.
func TestPodColumns(t *testing.T) {
	pending, initializing := corev1.PodPending, waiting("PodInitializing")
	type statuses = []corev1.ContainerStatus
	for name, c := range map[string]struct {
		observed
		want string
	}{
		"a pod without statuses shows its phase": {observed{phase: pending}, "0/0 Pending 0"},
		"the pod's reason goes before its phase": {
			observed{phase: corev1.PodFailed, reason: "Evicted"}, "0/0 Evicted 0"},
		"a main that is being created shows why it waits": {
			observed{phase: pending, mains: statuses{container(waiting("ContainerCreating"))}}, "0/1 ContainerCreating 0"},
		"a main that waits without a reason shows the phase": {
			observed{phase: pending, mains: statuses{container(waiting(""))}}, "0/1 Pending 0"},

		"the first of two inits runs": {
			observed{phase: pending, inits: statuses{container(running(), started), container(initializing)}, mains: statuses{container(initializing)}},
			"0/1 Init:0/2 0"},
		"the second of two inits waits to be made": {
			observed{phase: pending, inits: statuses{container(terminated("Completed", 0)), container(initializing)}, mains: statuses{container(initializing)}},
			"0/1 Init:1/2 0"},
		"an init waits without a reason": {
			observed{phase: pending, inits: statuses{container(waiting(""))}, mains: statuses{container(initializing)}}, "0/1 Init:0/1 0"},
		"an init waits for its image": {
			observed{phase: pending, inits: statuses{container(waiting("ImagePullBackOff"))}, mains: statuses{container(initializing)}},
			"0/1 Init:ImagePullBackOff 0"},
		"an init failed": {
			observed{phase: corev1.PodFailed, inits: statuses{container(terminated("Error", 3)), container(initializing)}, mains: statuses{container(initializing)}},
			"0/1 Init:Error 0"},
		"an init failed without a reason": {
			observed{phase: pending, inits: statuses{container(terminated("", 3))}, mains: statuses{container(initializing)}},
			"0/1 Init:ExitCode:3 0"},
		"an init was killed by a signal, without a reason": {
			observed{phase: pending, inits: statuses{container(signalled(9))}, mains: statuses{container(initializing)}},
			"0/1 Init:Signal:9 0"},
		"a failed init counts all inits' restarts": {
			observed{phase: pending, sidecars: []int{0}, inits: statuses{
				container(running(), started, ready, restarted(2, time.Hour)), container(waiting("CrashLoopBackOff"), restarted(3, 12*time.Second)),
			}, mains: statuses{container(initializing)}},
			"1/2 Init:CrashLoopBackOff 5 (12s ago)"},
		"all inits are done and the mains wait": {
			observed{phase: pending, inits: statuses{container(terminated("Completed", 0), restarted(4, time.Hour))}, mains: statuses{container(initializing)}},
			"0/1 PodInitializing 0"},

		"a sidecar that has not started holds the pod back": {
			observed{phase: pending, sidecars: []int{0}, inits: statuses{container(running())}, mains: statuses{container(initializing)}},
			"0/2 Init:0/1 0"},
		"a started sidecar that is not ready does not hold the pod back": {
			observed{phase: corev1.PodRunning, sidecars: []int{0}, inits: statuses{container(running(), started)}, mains: statuses{container(running(), started, ready)}},
			"1/2 Running 0"},
		"a started and ready sidecar counts as ready": {
			observed{phase: corev1.PodRunning, sidecars: []int{0}, inits: statuses{container(running(), started, ready)}, mains: statuses{container(running(), started, ready)}},
			"2/2 Running 0"},
		"a sidecar that crashed before the mains holds the pod back": {
			observed{phase: pending, sidecars: []int{0}, inits: statuses{container(waiting("CrashLoopBackOff"), restarted(1, 5*time.Second))}, mains: statuses{container(initializing)}},
			"0/2 Init:CrashLoopBackOff 1 (5s ago)"},
		"a sidecar that crashed in an initialized pod shows while all mains run": {
			observed{phase: corev1.PodRunning, sidecars: []int{0}, conditions: []corev1.PodConditionType{corev1.PodInitialized},
				inits: statuses{container(waiting("CrashLoopBackOff"), restarted(2, 5*time.Second))}, mains: statuses{container(running(), started, ready)}},
			"1/2 Init:CrashLoopBackOff 2 (5s ago)"},
		"a main that crashed beside a crashed sidecar is what counts": {
			observed{phase: corev1.PodRunning, sidecars: []int{0}, conditions: []corev1.PodConditionType{corev1.PodInitialized},
				inits: statuses{container(waiting("CrashLoopBackOff"), restarted(2, 5*time.Second))}, mains: statuses{container(terminated("Error", 1))}},
			"0/2 Error 2 (5s ago)"},
		"restarts of a running pod are those of sidecars and mains": {
			observed{phase: corev1.PodRunning, sidecars: []int{1}, inits: statuses{
				container(terminated("Completed", 0), restarted(7, time.Second)), container(running(), started, ready, restarted(1, time.Hour)),
			}, mains: statuses{container(running(), ready, restarted(2, 3*time.Minute)), container(running(), ready)}},
			"3/3 Running 3 (3m ago)"},
		"restarts without a known end have no age": {
			observed{phase: corev1.PodRunning, mains: statuses{container(running(), ready, func(s *corev1.ContainerStatus) { s.RestartCount = 2 })}},
			"1/1 Running 2"},

		"a main in back-off shows it though the phase is Running": {
			observed{phase: corev1.PodRunning, mains: statuses{container(waiting("CrashLoopBackOff"), restarted(3, 12*time.Second))}},
			"0/1 CrashLoopBackOff 3 (12s ago)"},
		"the alphabetically first offender wins": {
			observed{phase: pending, mains: statuses{container(running(), ready), container(waiting("ErrImagePull")), container(terminated("Error", 1))}},
			"1/3 ErrImagePull 0"},
		"a main ended without a reason": {
			observed{phase: corev1.PodFailed, mains: statuses{container(terminated("", 4))}}, "0/1 ExitCode:4 0"},
		"a main was killed by a signal, without a reason": {
			observed{phase: corev1.PodFailed, mains: statuses{container(signalled(15))}}, "0/1 Signal:15 0"},
		"a running main that is not ready is only counted out": {
			observed{phase: corev1.PodRunning, mains: statuses{container(running(), started)}}, "0/1 Running 0"},

		"all mains completed": {
			observed{phase: corev1.PodSucceeded, mains: statuses{container(terminated("Completed", 0)), container(terminated("Completed", 0))}},
			"0/2 Completed 0"},
		"one main completed, the other runs, the pod is ready": {
			observed{phase: corev1.PodRunning, conditions: []corev1.PodConditionType{corev1.PodReady},
				mains: statuses{container(terminated("Completed", 0)), container(running(), ready)}},
			"1/2 Running 0"},
		"one main completed, the other runs, the pod is not ready": {
			observed{phase: corev1.PodRunning, mains: statuses{container(terminated("Completed", 0)), container(running(), ready)}},
			"1/2 NotReady 0"},
		"one main completed, the other runs but is not ready": {
			observed{phase: corev1.PodRunning, mains: statuses{container(terminated("Completed", 0)), container(running())}},
			"0/2 Completed 0"},
		"a failure behind a completed main shows": {
			observed{phase: corev1.PodFailed, mains: statuses{container(terminated("Completed", 0)), container(terminated("OOMKilled", 137))}},
			"0/2 OOMKilled 0"},
		"a failure goes before NotReady": {
			observed{phase: corev1.PodRunning, mains: statuses{container(terminated("Completed", 0)), container(running(), ready), container(terminated("Error", 1))}},
			"1/3 Error 0"},
		"of two failures behind a completed main the alphabetically first shows": {
			observed{phase: corev1.PodFailed, mains: statuses{container(terminated("Completed", 0)), container(terminated("Error", 1)), container(terminated("OOMKilled", 137))}},
			"0/3 Error 0"},

		"a running pod that is deleted": {
			observed{phase: corev1.PodRunning, deleted: true, mains: statuses{container(running(), ready)}}, "1/1 Terminating 0"},
		"a deleted pod that has succeeded keeps its status": {
			observed{phase: corev1.PodSucceeded, deleted: true, mains: statuses{container(terminated("Completed", 0))}}, "0/1 Completed 0"},
		"a deleted pod that has failed keeps its status": {
			observed{phase: corev1.PodFailed, deleted: true, mains: statuses{container(terminated("Error", 1))}}, "0/1 Error 0"},
		"a deleted pod on a lost node": {
			observed{phase: corev1.PodRunning, reason: "NodeLost", deleted: true, mains: statuses{container(running(), ready)}}, "1/1 Unknown 0"},
	} {
		t.Run(name, func(t *testing.T) {
			row := podRow(c.pod(), now)
			if got := fmt.Sprintf("%v %v %v", row.Cells[1], row.Cells[2], row.Cells[3]); got != c.want {
				t.Errorf("READY STATUS RESTARTS: %s, want %s", got, c.want)
			}
		})
	}
}

func TestSchedulingGatedPodSaysSo(t *testing.T) {
	pod := observed{phase: corev1.PodPending}.pod()
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonSchedulingGated}}
	if got := summarize(pod).status; got != "SchedulingGated" {
		t.Errorf("status %s", got)
	}
}

func TestWidePodColumns(t *testing.T) {
	pod := observed{phase: corev1.PodRunning, conditions: []corev1.PodConditionType{"a.io/open"}}.pod()
	pod.CreationTimestamp = metav1.NewTime(now.Add(-90 * time.Minute))
	for _, c := range []struct {
		change func()
		want   string
	}{
		{func() {}, "90m <none> <none> <none> <none>"},
		{func() {
			pod.Status.PodIPs = []corev1.PodIP{{IP: "10.1.2.3"}, {IP: "fd00::1"}}
			pod.Spec.NodeName, pod.Status.NominatedNodeName = "podsim", "other"
			pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "a.io/open"}, {ConditionType: "a.io/shut"}}
		}, "90m 10.1.2.3 podsim other 1/2"},
	} {
		c.change()
		row := podRow(pod, now)
		if got := fmt.Sprintf("%v %v %v %v %v", row.Cells[4], row.Cells[5], row.Cells[6], row.Cells[7], row.Cells[8]); got != c.want {
			t.Errorf("wide columns: %s, want %s", got, c.want)
		}
	}
	if columns := podTable().columns; len(columns) != 9 || columns[4].Priority != 0 || columns[5].Priority != 1 {
		t.Errorf("columns: %v", columns)
	}
}
