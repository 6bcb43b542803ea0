package job

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/runtime/controllers/owned"
)

// stage is a Job with its pods and a clock: a world small enough for tests, in which passes are carried out as the controller does it.
type stage struct {
	t       testing.TB
	job     *batchv1.Job
	pods    []*corev1.Pod
	now     time.Time
	wake    time.Time
	backOff BackOff
	events  []string
	expired bool
	made    int
	// written are the statuses in the order in which clients saw them.
	written []batchv1.JobStatus
	// fails makes a step fail, as in "create"; nil lets all succeed.
	fails func(step string) bool
	// letGo is called before a pod loses its finalizer because the Job's status tells of it; nil is not.
	letGo func(*corev1.Pod)
	// crash ends the controller before a step; nil lets it live.
	crash func(step string) bool
}

// begin puts a Job with the given spec on a stage.
func begin(t testing.TB, spec string) *stage {
	t.Helper()
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "work", Namespace: "default", UID: "job-uid", Generation: 1}}
	if err := yaml.UnmarshalStrict([]byte(spec), &job.Spec); err != nil {
		t.Fatal(err)
	}
	if job.Spec.Template.Spec.RestartPolicy == "" {
		job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	}
	job.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: "busybox:1.36"}}
	defaults.Job(job)
	return &stage{t: t, job: job, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
}

// pass makes one pass. It reports whether it changed anything, and whether the controller lived to its end.
func (s *stage) pass() (changed, alive bool) {
	dies := func(step string) bool { return s.crash != nil && s.crash(step) }
	failing := func(step string) bool { return s.fails != nil && s.fails(step) }
	p := Next(Input{Job: s.job.DeepCopy(), Pods: slices.Clone(s.pods), Now: s.now, BackOff: s.backOff})
	s.wake, s.expired = p.Wake, p.Expired
	done := Outcome{Deleted: p.All().Deleted}
	for _, d := range p.Delete {
		if d.Uncounted {
			if dies("uncount") {
				return true, false
			}
			s.release(d.Pod)
		}
		if dies("delete") {
			return true, false
		}
		if failing("delete") {
			done.Deleted.Delete(d.Pod.UID)
			continue
		}
		s.delete(d.Pod)
		s.events = append(s.events, "SuccessfulDelete")
	}
	for _, pod := range p.Create {
		if dies("create") {
			return true, false
		}
		if failing("create") {
			s.events = append(s.events, "FailedCreate")
			continue
		}
		done.Created++
		s.create(pod)
		s.events = append(s.events, "SuccessfulCreate")
	}
	t := p.Track(done)
	if dies("status") {
		return true, false
	}
	changed = !equality.Semantic.DeepEqual(t.Status, s.job.Status) || len(t.Release) > 0
	if !equality.Semantic.DeepEqual(t.Status, s.job.Status) {
		s.job.Status = t.Status
		s.written = append(s.written, *t.Status.DeepCopy())
	}
	s.backOff = t.BackOff
	for _, e := range t.Events {
		s.events = append(s.events, e.Reason)
	}
	for _, pod := range t.Release {
		if dies("release") {
			return true, false
		}
		if s.letGo != nil {
			s.letGo(pod)
		}
		s.release(pod)
	}
	return changed, true
}

// settle makes passes until none changes anything.
func (s *stage) settle() *stage {
	s.t.Helper()
	for range 20 {
		if changed, _ := s.pass(); !changed {
			return s
		}
	}
	s.t.Fatal("the passes do not come to an end")
	return nil
}

// after lets time go by and settles.
func (s *stage) after(d time.Duration) *stage {
	s.t.Helper()
	s.now = s.now.Add(d)
	return s.settle()
}

// change replaces a pod by a changed copy, as a store does.
func (s *stage) change(pod *corev1.Pod, change func(*corev1.Pod)) {
	i := slices.IndexFunc(s.pods, func(p *corev1.Pod) bool { return p.UID == pod.UID })
	if i < 0 {
		return
	}
	changed := s.pods[i].DeepCopy()
	change(changed)
	s.pods[i] = changed
	if changed.DeletionTimestamp != nil && owned.HasEnded(changed) && !IsTracked(changed) {
		s.pods = slices.Delete(slices.Clone(s.pods), i, i+1) // nothing keeps it
	}
}

func (s *stage) create(pod *corev1.Pod) {
	pod = pod.DeepCopy()
	pod.Name = fmt.Sprintf("%s%d", pod.GenerateName, s.made)
	pod.UID = types.UID(fmt.Sprintf("pod-%d", s.made))
	pod.CreationTimestamp = metav1.NewTime(s.now)
	pod.Spec.NodeName = "podsim"
	pod.Status.Phase = corev1.PodPending
	s.made++
	s.pods = append(slices.Clone(s.pods), pod)
}

func (s *stage) release(pod *corev1.Pod) {
	s.change(pod, func(pod *corev1.Pod) {
		pod.Finalizers = slices.DeleteFunc(pod.Finalizers, func(f string) bool { return f == batchv1.JobTrackingFinalizer })
	})
}

func (s *stage) delete(pod *corev1.Pod) {
	s.change(pod, func(pod *corev1.Pod) {
		pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = ptr.To(metav1.NewTime(s.now.Add(30*time.Second))), ptr.To(int64(30))
	})
}

// nth is the nth pod that was ever made.
func (s *stage) nth(n int) *corev1.Pod {
	s.t.Helper()
	i := slices.IndexFunc(s.pods, func(p *corev1.Pod) bool { return p.UID == types.UID(fmt.Sprintf("pod-%d", n)) })
	if i < 0 {
		s.t.Fatalf("pod %d is not there", n)
	}
	return s.pods[i]
}

// run makes the nth pod ready.
func (s *stage) run(n int) *stage {
	s.change(s.nth(n), func(pod *corev1.Pod) {
		pod.Status.Phase = corev1.PodRunning
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(s.now)}}
	})
	return s
}

// end ends the nth pod now, with the exit code of its container.
func (s *stage) end(n int, code int32) *stage {
	s.endPod(s.nth(n), code)
	return s
}

func (s *stage) endPod(pod *corev1.Pod, code int32) {
	s.change(pod, func(pod *corev1.Pod) {
		pod.Status.Phase = corev1.PodSucceeded
		if code != 0 {
			pod.Status.Phase = corev1.PodFailed
		}
		pod.Status.Conditions = nil
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{ExitCode: code, FinishedAt: metav1.NewTime(s.now)}}}}
	})
}

// edit changes the Job's spec.
func (s *stage) edit(change func(*batchv1.JobSpec)) *stage {
	s.job = s.job.DeepCopy()
	change(&s.job.Spec)
	return s
}

// counts is a status in one line, as in "active 2, ready 1, failed 1".
func (s *stage) counts() string {
	status := s.job.Status
	var parts []string
	for _, n := range []struct {
		name  string
		value int32
	}{
		{"active", status.Active}, {"ready", ptr.Deref(status.Ready, 0)}, {"terminating", ptr.Deref(status.Terminating, 0)},
		{"succeeded", status.Succeeded}, {"failed", status.Failed},
	} {
		if n.value > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", n.name, n.value))
		}
	}
	return strings.Join(parts, ", ")
}

// conditions are those of the status, as in "Suspended=False JobResumed".
func conditions(status batchv1.JobStatus) []string {
	var list []string
	for _, c := range status.Conditions {
		text := string(c.Type)
		if c.Status != corev1.ConditionTrue {
			text += "=" + string(c.Status)
		}
		list = append(list, text+" "+c.Reason)
	}
	return list
}

func (s *stage) wantCounts(want string) *stage {
	s.t.Helper()
	if got := s.counts(); got != want {
		s.t.Errorf("counts: %q, want %q", got, want)
	}
	return s
}

func (s *stage) wantConditions(want ...string) *stage {
	s.t.Helper()
	if got := conditions(s.job.Status); !slices.Equal(got, want) {
		s.t.Errorf("conditions: %q, want %q", got, want)
	}
	return s
}

// wantEvents checks the events since it was last called.
func (s *stage) wantEvents(want ...string) *stage {
	s.t.Helper()
	if diff := cmp.Diff(want, s.events); diff != "" {
		s.t.Errorf("events (-want +got):\n%s", diff)
	}
	s.events = nil
	return s
}

// active are the indexes of the active pods, sorted.
func (s *stage) activeIndexes() []int {
	var list []int
	for _, pod := range filter(s.pods, owned.IsActive) {
		list = append(list, indexOf(pod))
	}
	slices.Sort(list)
	return list
}

func (s *stage) wantActiveIndexes(want ...int) *stage {
	s.t.Helper()
	if got := s.activeIndexes(); !slices.Equal(got, want) {
		s.t.Errorf("active indexes: %v, want %v", got, want)
	}
	return s
}
