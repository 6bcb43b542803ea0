package runtime

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const resizable = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: main
    image: "busybox:1.36"
    resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {cpu: 500m, memory: 64Mi}}
`

// resize asks for other limits of the pod's main, and for the request of processor time, if that is not "".
func (w *world) resize(cpuRequest, cpuLimit, memoryLimit string) {
	w.Helper()
	_, err := w.node.UpdatePod(w.Context(), "default", "p", func(pod *corev1.Pod) error {
		r := &pod.Spec.Containers[0].Resources
		if cpuRequest != "" {
			r.Requests[corev1.ResourceCPU] = resource.MustParse(cpuRequest)
		}
		r.Limits[corev1.ResourceCPU], r.Limits[corev1.ResourceMemory] = resource.MustParse(cpuLimit), resource.MustParse(memoryLimit)
		pod.Generation++
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// limits are those of the pod's main as the engine has them and as the status shows them.
func (w *world) limits() (quota, memory int64, shown string) {
	w.Helper()
	c := status.Container(w.pod("p"), "main")
	seen, err := w.machine.Connect().ContainerInspect(w.Context(), instanceID(c.ContainerID))
	if err != nil {
		w.Fatal(err)
	}
	return seen.HostConfig.CPUQuota, seen.HostConfig.Memory, c.Resources.Limits.Cpu().String() + " " + c.Resources.Limits.Memory().String()
}

func (w *world) wantLimits(quota, memory int64, shown string) {
	w.Helper()
	if q, m, s := w.limits(); q != quota || m != memory || s != shown {
		w.Errorf("the engine has a quota of %d and %d bytes, and the status shows %s (S13.31)", q, m, s)
	}
}

// resizeConditions are what the pod's status tells of a resize.
func (w *world) resizeConditions() string {
	var told []string
	for _, c := range w.pod("p").Status.Conditions {
		if c.Type == corev1.PodResizePending || c.Type == corev1.PodResizeInProgress {
			told = append(told, string(c.Type)+" "+c.Reason+": "+c.Message)
		}
	}
	return strings.Join(told, "\n")
}

func (w *world) wantEventWith(begin string) {
	w.Helper()
	for _, e := range w.eventsOf("p") {
		if strings.HasPrefix(e, begin) {
			return
		}
	}
	w.Errorf("no event begins with %q among\n%s", begin, strings.Join(w.eventsOf("p"), "\n"))
}

func TestResourcesOfARunningContainerChange(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(resizable)
		w.resize("", "1", "128Mi")
		time.Sleep(time.Second)
		w.wantLimits(100000, 128<<20, "1 128Mi")
		w.wantTimeline("0s started main 0")
		const summary = `{"containers":[{"name":"main","resources":{"limits":{"cpu":"1","memory":"128Mi"},"requests":{"cpu":"100m","memory":"32Mi"}}}],"generation":2}`
		w.wantEvent("p", "Normal ResizeStarted : Pod resize started: "+summary)
		w.wantEvent("p", "Normal ResizeCompleted : Pod resize completed: "+summary)
		inProgress := false
		for _, s := range w.sights("p") {
			for _, c := range s.pod.Status.Conditions {
				if c.Type == corev1.PodResizeInProgress {
					inProgress = true
					if shown := status.Container(s.pod, "main").Resources.Limits.Cpu().String(); shown != "500m" || c.ObservedGeneration != 2 {
						t.Errorf("in progress %s and generation %d are shown", shown, c.ObservedGeneration)
					}
				}
			}
		}
		if !inProgress || w.resizeConditions() != "" {
			t.Errorf("it was shown to be in progress: %v; still: %s", inProgress, w.resizeConditions())
		}
	})
}

func TestAResizePolicyRestartsTheContainer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(strings.Replace(resizable, "    resources:", "    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]\n    resources:", 1))
		w.resize("", "1", "64Mi")
		time.Sleep(time.Second)
		w.wantTimeline("0s started main 0")
		w.resize("", "1", "128Mi")
		time.Sleep(time.Second)
		w.wantTimeline("0s started main 0", "11s signalled main 0: TERM", "11s exited main 0: 0", "11s started main 1")
		w.wantEvent("p", "Normal Killing spec.containers{main}: Container main resize requires restart")
		w.wantLimits(100000, 128<<20, "1 128Mi")
	})
}

func TestAResizeThatDoesNotFitIsDeferred(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(resizable)
		w.resize("100", "100", "64Mi")
		time.Sleep(time.Second)
		w.wantLimits(50000, 64<<20, "500m 64Mi")
		const want = "PodResizePending Deferred: Node didn't have enough resource: cpu, requested: 100000, used: 0, capacity: 4000"
		if got := w.resizeConditions(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		w.wantEventWith("Warning ResizeDeferred : Pod resize Deferred: {")
		w.restart(0)
		time.Sleep(time.Second)
		w.wantLimits(50000, 64<<20, "500m 64Mi")
		w.resize("200m", "300m", "64Mi")
		time.Sleep(time.Second)
		w.wantLimits(30000, 64<<20, "300m 64Mi")
		if got := w.resizeConditions(); got != "" {
			t.Errorf("it still shows %s", got)
		}
	})
}

func TestAResizeThatWasDeferredGoesOnWhenThereIsRoom(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(strings.NewReplacer("name: p}", "name: big}", "cpu: 100m", "cpu: 3", "cpu: 500m", "cpu: 3").Replace(resizable))
		w.up(resizable)
		w.resize("2", "2", "64Mi")
		time.Sleep(time.Second)
		w.wantLimits(50000, 64<<20, "500m 64Mi")
		w.delete("big", 0)
		time.Sleep(time.Second)
		w.wantLimits(200000, 64<<20, "2 64Mi")
	})
}

func TestNewResourcesForgetTheBackOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(resizable)
		time.Sleep(20 * time.Second) // two restarts: the next would come at 37s
		w.wantTimeline("0s started main 0", "1s exited main 0: 1", "1s started main 1", "2s exited main 1: 1", "13.5s started main 2", "14.5s exited main 2: 1")
		w.resize("", "1", "64Mi")
		time.Sleep(time.Millisecond)
		w.wantTimeline("0s started main 0", "1s exited main 0: 1", "1s started main 1", "2s exited main 1: 1", "13.5s started main 2", "14.5s exited main 2: 1",
			"20s started main 3") // S5.6
	})
}

func TestMemoryInUseIsNotTakenAway(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: enginetest.Forever, Memory: 50 << 20} })
		w.up(resizable)
		w.resize("", "500m", "40Mi")
		time.Sleep(time.Minute)
		w.wantLimits(50000, 64<<20, "500m 64Mi")
		const why = `cannot decrease memory limits: attempting to set container "main" memory limit (41943040) below current usage (52428800)`
		if got := w.resizeConditions(); got != "PodResizeInProgress Error: "+why {
			t.Errorf("got %q", got)
		}
		w.wantEventWith("Warning ResizeError : Pod resize error: {")
		w.resize("", "500m", "60Mi")
		time.Sleep(time.Minute)
		w.wantLimits(50000, 60<<20, "500m 60Mi")
	})
}

func TestAResizeGoesOnAfterACrash(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(resizable)
		broken := true
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ContainerUpdate" && broken {
				return errors.New("cannot update")
			}
			return nil
		})
		w.resize("", "1", "128Mi")
		time.Sleep(5 * time.Second)
		w.crash()
		broken = false
		w.boot()
		time.Sleep(time.Minute)
		w.wantLimits(100000, 128<<20, "1 128Mi")
		w.wantTimeline("0s started main 0")
	})
}
