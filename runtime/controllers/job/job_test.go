package job

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

func TestJobOfOnePodCompletes(t *testing.T) {
	s := begin(t, ``).settle().wantCounts("active 1").wantEvents("SuccessfulCreate")
	if pod := s.nth(0); !IsTracked(pod) || pod.GenerateName != "work-" || metav1.GetControllerOf(pod).UID != s.job.UID {
		t.Errorf("pod: %+v", pod.ObjectMeta)
	}
	s.run(0).settle().wantCounts("active 1, ready 1").wantConditions()
	s.end(0, 0).after(3*time.Second).wantCounts("succeeded 1").wantEvents("Completed").
		wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached")
	status := s.job.Status
	if !status.StartTime.Time.Equal(s.now.Add(-3*time.Second)) || !status.CompletionTime.Time.Equal(s.now) {
		t.Errorf("from %v to %v", status.StartTime, status.CompletionTime)
	}
	if IsTracked(s.nth(0)) {
		t.Error("the pod still has its finalizer")
	}
}

// What ends a Job is on record, and its pod by its uid, before the pod is let go; only then is it counted.
func TestEndIsOnRecordBeforeItIsCounted(t *testing.T) {
	s := begin(t, ``).settle().end(0, 0)
	s.written = nil
	s.settle()
	if len(s.written) != 2 {
		t.Fatalf("%d statuses were written, want 2", len(s.written))
	}
	first, last := s.written[0], s.written[1]
	if len(first.UncountedTerminatedPods.Succeeded) != 1 || first.Succeeded != 0 || len(first.Conditions) != 1 {
		t.Errorf("first: %+v", first)
	}
	if len(last.UncountedTerminatedPods.Succeeded) != 0 || last.Succeeded != 1 || len(last.Conditions) != 2 {
		t.Errorf("last: %+v", last)
	}
}

func TestParallelismAndCompletions(t *testing.T) {
	s := begin(t, "{parallelism: 2, completions: 3}").settle().wantCounts("active 2")
	s.end(0, 0).settle().wantCounts("active 2, succeeded 1")
	s.end(1, 0).settle().wantCounts("active 1, succeeded 2") // no more than are still to succeed
	s.end(2, 0).settle().wantCounts("succeeded 3").wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached")
}

func TestJobOfNoCompletionsIsCompleteAtOnce(t *testing.T) {
	begin(t, "{completions: 0}").settle().wantCounts("").wantEvents("Completed").
		wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached")
}

// Without a number of completions one success means that the work is done: what runs may end, and nothing is started again.
func TestWorkQueue(t *testing.T) {
	s := begin(t, "{parallelism: 3}").settle().wantCounts("active 3")
	if s.job.Spec.Completions != nil {
		t.Fatal("completions were defaulted")
	}
	s.end(0, 0).settle().wantCounts("active 2, succeeded 1").wantConditions()
	s.end(1, 1).after(time.Hour).wantCounts("active 1, succeeded 1, failed 1")
	s.end(2, 0).settle().wantCounts("succeeded 2, failed 1").wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached")
}

func TestFailuresBeyondTheLimit(t *testing.T) {
	s := begin(t, "{backoffLimit: 1}").settle().end(0, 1).settle().wantCounts("failed 1")
	s.after(9 * time.Second).wantCounts("failed 1")
	s.after(time.Second).wantCounts("active 1, failed 1").wantEvents("SuccessfulCreate", "SuccessfulCreate")
	s.end(1, 1).settle().wantCounts("failed 2").wantEvents("BackoffLimitExceeded").
		wantConditions("FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded")
	if s.job.Status.CompletionTime != nil {
		t.Error("a failed Job has a completion time")
	}
	if got, want := s.job.Status.Conditions[1].Message, "Job has reached the specified backoff limit"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestBackOffGrowsAndBeginsAnewAfterASuccess(t *testing.T) {
	s := begin(t, "{backoffLimit: 20, completions: 2}").settle()
	for n, delay := range []time.Duration{10, 20, 40, 80, 160, 320, 600, 600} {
		s.end(n, 1).settle()
		if want := s.now.Add(delay * time.Second); !s.wake.Equal(want) {
			t.Errorf("after failure %d the next pass is due in %v, want %v", n+1, s.wake.Sub(s.now), delay*time.Second)
		}
		s.after(delay*time.Second - time.Millisecond)
		if len(filter(s.pods, owned.IsActive)) > 0 {
			t.Fatalf("failure %d: replaced too early", n+1)
		}
		s.after(time.Millisecond).wantCounts(s.counts())
		if len(filter(s.pods, owned.IsActive)) != 1 {
			t.Fatalf("failure %d: not replaced in time", n+1)
		}
	}
	s.end(8, 0).settle().end(9, 1).settle()
	if want := s.now.Add(10 * time.Second); !s.wake.Equal(want) {
		t.Errorf("after a success the next pass is due in %v, want 10s", s.wake.Sub(s.now))
	}
}

// A failure that came before a success of the same look is none that the back-off knows.
func TestBackOffKnowsOnlyFailuresAfterTheLastSuccess(t *testing.T) {
	s := begin(t, "{parallelism: 3, completions: 5}").settle()
	s.end(0, 1)
	s.now = s.now.Add(time.Second)
	s.end(1, 0)
	s.now = s.now.Add(time.Second)
	s.end(2, 1).settle().wantCounts("succeeded 1, failed 2")
	if s.backOff.Failures != 1 {
		t.Errorf("the back-off knows %d failures, want 1", s.backOff.Failures)
	}
}

func TestRestartsOfContainersCountWhereTheyAreRestarted(t *testing.T) {
	for _, test := range []struct {
		name     string
		limit    string
		restarts int32
		failed   bool
	}{
		{"below the limit", "2", 1, false},
		{"at the limit", "2", 2, true},
		{"none, of a limit of none", "0", 0, false},
		{"one, of a limit of none", "0", 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := begin(t, "{backoffLimit: "+test.limit+", template: {spec: {restartPolicy: OnFailure}}}").settle().run(0)
			s.change(s.nth(0), func(pod *corev1.Pod) {
				pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "init", RestartCount: test.restarts / 2}}
				pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", RestartCount: test.restarts - test.restarts/2}}
			})
			s.settle()
			if !test.failed {
				s.wantConditions().wantCounts("active 1, ready 1")
				return
			}
			s.wantConditions("FailureTarget BackoffLimitExceeded").wantCounts("terminating 1, failed 1")
			s.wantEvents("SuccessfulCreate", "SuccessfulDelete")
			s.end(0, 137).settle().wantCounts("failed 1").wantEvents("BackoffLimitExceeded").
				wantConditions("FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded")
		})
	}
}

func TestDeadline(t *testing.T) {
	s := begin(t, "{activeDeadlineSeconds: 60, parallelism: 2, completions: 2}").settle()
	if want := s.now.Add(time.Minute); !s.wake.Equal(want) {
		t.Errorf("the next pass is due at %v, want %v", s.wake, want)
	}
	s.end(0, 0).after(59 * time.Second).wantCounts("active 1, succeeded 1")
	s.after(time.Second).wantCounts("terminating 1, succeeded 1, failed 1").wantConditions("FailureTarget DeadlineExceeded")
	s.end(1, 143).settle().wantCounts("succeeded 1, failed 1").wantConditions("FailureTarget DeadlineExceeded", "Failed DeadlineExceeded").
		wantEvents("SuccessfulCreate", "SuccessfulCreate", "SuccessfulDelete", "DeadlineExceeded")
	if got, want := s.job.Status.Conditions[1].Message, "Job was active longer than specified deadline"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

// Why a Job fails stays what it was first, although the pods that it deletes then would be too many failures.
func TestReasonOfAFailureStays(t *testing.T) {
	s := begin(t, "{activeDeadlineSeconds: 60, backoffLimit: 0}").settle().run(0).after(time.Minute)
	s.end(0, 1).after(time.Hour).wantConditions("FailureTarget DeadlineExceeded", "Failed DeadlineExceeded").wantCounts("failed 1")
}

func TestSuspendedAndResumed(t *testing.T) {
	s := begin(t, "{suspend: true, parallelism: 2, completions: 2, activeDeadlineSeconds: 60}").settle().
		wantCounts("").wantConditions("Suspended JobSuspended").wantEvents("Suspended")
	if s.job.Status.StartTime != nil {
		t.Error("a suspended Job has started")
	}
	s.after(time.Hour).wantEvents()
	s.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(false) }).settle().
		wantCounts("active 2").wantConditions("Suspended=False JobResumed").wantEvents("SuccessfulCreate", "SuccessfulCreate", "Resumed")
	if !s.job.Status.StartTime.Time.Equal(s.now) {
		t.Errorf("resumed at %v, want %v", s.job.Status.StartTime, s.now)
	}
	s.end(0, 0).settle()
	s.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(true) }).after(30*time.Second).
		wantCounts("terminating 1, succeeded 1").wantConditions("Suspended JobSuspended").wantEvents("SuccessfulDelete", "Suspended")
	s.end(1, 143).after(time.Hour).wantCounts("succeeded 1") // what a suspension ends has not failed
	s.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(false) }).settle().wantCounts("active 1, succeeded 1")
	s.after(59 * time.Second).wantCounts("active 1, succeeded 1") // the deadline counts anew
	s.after(time.Second).wantConditions("Suspended=False JobResumed", "FailureTarget DeadlineExceeded")
}

func TestLessParallelism(t *testing.T) {
	s := begin(t, "{parallelism: 3, completions: 5}").settle().run(0).run(2).settle()
	s.events = nil
	s.edit(func(spec *batchv1.JobSpec) { spec.Parallelism = ptr.To(int32(1)) }).after(time.Second).
		wantEvents("SuccessfulDelete", "SuccessfulDelete").wantCounts("active 1, ready 1, terminating 2")
	if s.nth(1).DeletionTimestamp == nil {
		t.Error("the pod that had not started was not deleted")
	}
	s.end(1, 143)
	s.settle().wantCounts("active 1, ready 1, terminating 1") // not failed
}

func TestPodThatSomebodyDeletesFailsAtOnce(t *testing.T) {
	s := begin(t, "").settle().run(0)
	s.delete(s.nth(0))
	s.after(10*time.Second).wantCounts("active 1, terminating 1, failed 1").wantEvents("SuccessfulCreate", "SuccessfulCreate")
	if IsTracked(s.nth(0)) {
		t.Error("a counted pod is not let go")
	}
	s.end(0, 0).settle().wantCounts("active 1, failed 1") // and is not counted again
}

func TestPodThatSomebodyDeletesIsReplacedWhenItHasFailed(t *testing.T) {
	s := begin(t, "{podReplacementPolicy: Failed}").settle().run(0)
	s.delete(s.nth(0))
	s.after(10 * time.Second).wantCounts("terminating 1").wantEvents("SuccessfulCreate")
	if !IsTracked(s.nth(0)) {
		t.Error("a pod that is not counted is let go")
	}
	s.end(0, 143).settle().wantCounts("failed 1")
	s.after(10 * time.Second).wantCounts("active 1, failed 1").wantEvents("SuccessfulCreate")
}

// A pod may end well although it is being deleted; then it has succeeded.
func TestDeletedPodThatSucceeds(t *testing.T) {
	s := begin(t, "{podReplacementPolicy: Failed}").settle().run(0)
	s.delete(s.nth(0))
	s.settle().end(0, 0).settle().wantCounts("succeeded 1").wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached")
}

func TestExpiry(t *testing.T) {
	s := begin(t, "{ttlSecondsAfterFinished: 100}").settle().end(0, 0).settle()
	if want := s.now.Add(100 * time.Second); !s.wake.Equal(want) || s.expired {
		t.Errorf("expires at %v, want %v; expired %v", s.wake, want, s.expired)
	}
	if s.after(99 * time.Second); s.expired {
		t.Error("expired too early")
	}
	if s.after(time.Second); !s.expired {
		t.Error("not expired")
	}
	s.job.DeletionTimestamp = ptr.To(metav1.NewTime(s.now))
	if s.settle(); s.expired {
		t.Error("a Job that is being deleted is to be deleted")
	}
}

func TestFailedJobExpiresToo(t *testing.T) {
	s := begin(t, "{ttlSecondsAfterFinished: 0, backoffLimit: 0}").settle().end(0, 1).settle()
	if !s.expired {
		t.Error("not expired")
	}
}

func TestJobOfAnotherController(t *testing.T) {
	s := begin(t, "{managedBy: example.com/queue}").settle().wantCounts("").wantEvents()
	if s.made > 0 || s.job.Status.StartTime != nil {
		t.Error("it was touched")
	}
	s = begin(t, "{managedBy: kubernetes.io/job-controller}").settle()
	if s.made != 1 {
		t.Error("the controller's own name is taken for another")
	}
}

// A Job that is being deleted lets all its pods go and makes none.
func TestJobThatIsBeingDeleted(t *testing.T) {
	s := begin(t, "{parallelism: 2, completions: 4}").settle().end(0, 1)
	s.job.DeletionTimestamp = ptr.To(metav1.NewTime(s.now))
	s.after(time.Hour)
	if s.made != 2 || IsTracked(s.nth(0)) || IsTracked(s.nth(1)) {
		t.Errorf("%d pods were made; tracked: %v, %v", s.made, IsTracked(s.nth(0)), IsTracked(s.nth(1)))
	}
}

// Pods that turn up when a Job has ended, as after a crash, are let go.
func TestFinishedJobKeepsNoPods(t *testing.T) {
	s := begin(t, "").settle().end(0, 0).settle()
	written := len(s.written)
	s.create(newPod(s.job))
	s.settle()
	if IsTracked(s.nth(1)) || len(s.written) != written {
		t.Errorf("tracked: %v; %d statuses more", IsTracked(s.nth(1)), len(s.written)-written)
	}
}

func TestPodsThatCannotBeCreated(t *testing.T) {
	s := begin(t, "{parallelism: 3, completions: 3}")
	left := 1
	s.fails = func(step string) bool { left--; return left < 0 }
	s.pass()
	s.wantCounts("active 1").wantEvents("SuccessfulCreate", "FailedCreate", "FailedCreate")
	s.fails = nil
	s.settle().wantCounts("active 3")
}

func TestJobDoesNotEndWhilePodsCannotBeDeleted(t *testing.T) {
	s := begin(t, "{activeDeadlineSeconds: 10, parallelism: 2, completions: 2}").settle()
	s.now = s.now.Add(10 * time.Second)
	s.fails = func(step string) bool { return true }
	s.pass()
	s.wantConditions().wantCounts("active 2")
	s.fails = nil
	s.settle().wantConditions("FailureTarget DeadlineExceeded").wantCounts("terminating 2, failed 2")
}

func TestSidecarsEndCountsForTheBackOff(t *testing.T) {
	s := begin(t, "").settle().end(0, 1)
	s.change(s.nth(0), func(pod *corev1.Pod) {
		pod.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways)}}
		pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "proxy", State: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{FinishedAt: metav1.NewTime(s.now.Add(5 * time.Second))}}}}
	})
	s.settle()
	if want := s.now.Add(15 * time.Second); !s.wake.Equal(want) {
		t.Errorf("replaced at %v, want %v", s.wake, want)
	}
}

func TestWhenAPodFinished(t *testing.T) {
	at := func(seconds int) metav1.Time { return metav1.NewTime(time.Unix(int64(seconds), 0)) }
	ended := func(seconds int) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{FinishedAt: at(seconds)}}
	}
	for _, test := range []struct {
		name string
		pod  corev1.Pod
		want int
	}{
		{"the last container's end", corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{
			{Name: "a", State: ended(7)}, {Name: "b", State: ended(9)}}}}, 9},
		{"when it stopped being ready", corev1.Pod{Status: corev1.PodStatus{
			ContainerStatuses: []corev1.ContainerStatus{{Name: "a", State: ended(7)}, {Name: "b"}},
			Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: at(8)}}}}, 8},
		{"when its deletion was asked for", corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			DeletionTimestamp: ptr.To(at(40)), DeletionGracePeriodSeconds: ptr.To(int64(30))}}, 10},
		{"when it was created", corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: at(5)}}, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := finishedAt(&test.pod); got.Unix() != int64(test.want) {
				t.Errorf("%d, want %d", got.Unix(), test.want)
			}
		})
	}
}

// A pod that is on record as failed, because it was deleted, may still succeed before it is let go.
func TestPodOnRecordAsFailedDoesNotSucceed(t *testing.T) {
	s := begin(t, "{completions: 2}").settle().run(0)
	s.delete(s.nth(0))
	s.crash = func(step string) bool { return step == "release" }
	s.pass()
	s.crash = nil
	s.end(0, 0).settle().wantCounts("failed 1")
}

// The deadline of a Job that is suspended in the same moment does not count.
func TestDeadlineOfASuspendedJob(t *testing.T) {
	s := begin(t, "{activeDeadlineSeconds: 60}").settle()
	s.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(true) }).after(time.Hour).wantConditions("Suspended JobSuspended")
}

// A Job is Complete only when none of its pods is held any more.
func TestJobEndsWhenAllItsPodsAreLetGo(t *testing.T) {
	s := begin(t, "{parallelism: 2, completions: 2, completionMode: Indexed, successPolicy: {rules: [{succeededCount: 1}]}}").settle().end(0, 0)
	s.crash = func(step string) bool { return step == "release" }
	s.pass()
	s.end(1, 1)
	s.pass()
	s.wantConditions("SuccessCriteriaMet SuccessPolicy")
	s.crash = nil
	s.pass()
	s.wantConditions("SuccessCriteriaMet SuccessPolicy")
	s.settle().wantConditions("SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy")
}
