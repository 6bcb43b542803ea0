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

func TestIndexedJob(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 5, parallelism: 3}").settle().wantActiveIndexes(0, 1, 2)
	pod := s.nth(1)
	if pod.Labels[batchv1.JobCompletionIndexAnnotation] != "1" || pod.Spec.Hostname != "work-1" || pod.GenerateName != "work-1-" {
		t.Errorf("labels %v, host name %q, name %q", pod.Labels, pod.Spec.Hostname, pod.GenerateName)
	}
	if env := pod.Spec.Containers[0].Env; len(env) != 1 || env[0].Name != "JOB_COMPLETION_INDEX" {
		t.Errorf("environment %v", env)
	}
	s.end(1, 0).settle().wantActiveIndexes(0, 2, 3).wantCounts("active 3, succeeded 1")
	s.end(2, 0).end(0, 0).settle().wantActiveIndexes(3, 4)
	if got := s.job.Status.CompletedIndexes; got != "0-2" {
		t.Errorf("completed %q", got)
	}
	s.end(3, 1).settle().wantActiveIndexes(4)
	s.after(10*time.Second).wantActiveIndexes(3, 4).wantCounts("active 2, succeeded 3, failed 1")
	s.end(4, 0).end(5, 0).settle().wantConditions("SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached").
		wantCounts("succeeded 5, failed 1")
	if got := s.job.Status.CompletedIndexes; got != "0-4" {
		t.Errorf("completed %q", got)
	}
	if s.job.Status.FailedIndexes != nil {
		t.Error("a Job without a limit per index has failed indexes")
	}
}

// An index that succeeded twice has succeeded once.
func TestIndexSucceedsOnce(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 2, parallelism: 2}").settle()
	s.create(newIndexedPod(s.job, 0, nil))
	s.end(0, 0).end(2, 0).settle().wantCounts("active 1, succeeded 1")
}

func TestPodsWhoseIndexIsTakenOrNone(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 3, parallelism: 3}").settle().run(0).run(1)
	s.create(newIndexedPod(s.job, 0, nil)) // pod 3 is younger than pod 0
	s.create(newIndexedPod(s.job, 7, nil))
	s.create(newPod(s.job))
	s.settle().wantActiveIndexes(0, 1, 2)
	for n := range 6 {
		if deleted := s.nth(n).DeletionTimestamp != nil; deleted != (n >= 3) {
			t.Errorf("pod %d: deleted %v", n, deleted)
		}
	}
	s.end(4, 0).end(5, 1).settle()
	s.wantCounts("active 3, ready 2, terminating 1")
}

func TestElasticIndexedJob(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 4, parallelism: 4}").settle()
	for n := range 4 {
		s.run(n)
	}
	s.end(3, 0).settle().wantCounts("active 3, ready 3, succeeded 1")
	s.edit(func(spec *batchv1.JobSpec) { spec.Completions, spec.Parallelism = ptr.To(int32(2)), ptr.To(int32(2)) }).settle()
	s.wantActiveIndexes(0, 1).wantCounts("active 2, ready 2, terminating 1")
	if got := s.job.Status.CompletedIndexes; got != "" {
		t.Errorf("completed %q, although the Job has no such index any more", got)
	}
}

func TestLimitPerIndex(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 3, parallelism: 3, backoffLimitPerIndex: 1}").settle()
	if got := s.job.Status.FailedIndexes; got == nil || *got != "" {
		t.Errorf("failed indexes %v", got)
	}
	s.end(0, 1).settle().wantActiveIndexes(1, 2).wantCounts("active 2") // counted when its replacement knows of it
	if !IsTracked(s.nth(0)) {
		t.Error("the pod is let go before its replacement is there")
	}
	s.after(10*time.Second).wantActiveIndexes(0, 1, 2).wantCounts("active 3, failed 1")
	if got := s.nth(3).Annotations[batchv1.JobIndexFailureCountAnnotation]; got != "1" {
		t.Errorf("the replacement knows of %q failures", got)
	}
	s.end(3, 1).settle().wantActiveIndexes(1, 2).wantCounts("active 2, failed 2")
	s.after(time.Hour).wantActiveIndexes(1, 2)
	if got := *s.job.Status.FailedIndexes; got != "0" {
		t.Errorf("failed indexes %q", got)
	}
	s.end(1, 0).end(2, 0).settle().wantConditions("FailureTarget FailedIndexes", "Failed FailedIndexes").wantCounts("succeeded 2, failed 2")
	if got := s.job.Status.CompletedIndexes; got != "1,2" {
		t.Errorf("completed %q", got)
	}
}

// Each index waits for itself: one that fails often does not hold the others.
func TestBackOffPerIndex(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 4, parallelism: 2, backoffLimitPerIndex: 5}").settle()
	s.end(0, 1).settle()
	s.now = s.now.Add(5 * time.Second)
	s.end(1, 1).settle().wantActiveIndexes()
	if left := s.wake.Sub(s.now); left != 5*time.Second {
		t.Errorf("the next pass is due in %v, want 5s", left)
	}
	s.after(5 * time.Second).wantActiveIndexes(0)
	if left := s.wake.Sub(s.now); left != 5*time.Second {
		t.Errorf("the next pass is due in %v, want 5s", left)
	}
	s.after(5*time.Second).wantActiveIndexes(0, 1)
	s.end(2, 1).after(19 * time.Second).wantActiveIndexes(1)
	s.after(time.Second).wantActiveIndexes(0, 1)
}

func TestTooManyFailedIndexes(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 4, parallelism: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 1}").settle()
	s.end(0, 1).settle().wantConditions()
	s.end(2, 1).settle().wantConditions("FailureTarget MaxFailedIndexesExceeded").wantCounts("terminating 2, failed 4")
	if got := *s.job.Status.FailedIndexes; got != "0,2" {
		t.Errorf("failed indexes %q", got)
	}
	s.end(1, 143).end(3, 143).settle().wantConditions("FailureTarget MaxFailedIndexesExceeded", "Failed MaxFailedIndexesExceeded")
}

const failurePolicy = `
completionMode: Indexed
completions: 3
parallelism: 3
backoffLimitPerIndex: 1
podFailurePolicy:
  rules:
  - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
  - {action: FailJob, onExitCodes: {containerName: main, operator: In, values: [42]}}
  - {action: FailIndex, onExitCodes: {operator: In, values: [43]}}
  - {action: Count, onExitCodes: {operator: NotIn, values: [1, 44]}}
`

func TestFailurePolicyFailsTheJob(t *testing.T) {
	s := begin(t, failurePolicy).settle().end(1, 42).settle()
	s.wantConditions("FailureTarget PodFailurePolicy").wantCounts("terminating 2, failed 3")
	want := "Container main for pod default/work-1-1 failed with exit code 42 matching FailJob rule at index 1"
	if got := s.job.Status.Conditions[0].Message; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	s.end(0, 143).end(2, 143).settle().wantConditions("FailureTarget PodFailurePolicy", "Failed PodFailurePolicy").
		wantEvents("SuccessfulCreate", "SuccessfulCreate", "SuccessfulCreate", "SuccessfulDelete", "SuccessfulDelete", "PodFailurePolicy")
}

func TestFailurePolicyFailsTheIndex(t *testing.T) {
	s := begin(t, failurePolicy).settle().end(1, 43).after(time.Hour).wantActiveIndexes(0, 2).wantCounts("active 2, failed 1")
	if got := *s.job.Status.FailedIndexes; got != "1" {
		t.Errorf("failed indexes %q", got)
	}
}

func TestFailurePolicyIgnores(t *testing.T) {
	s := begin(t, failurePolicy).settle()
	for n := 0; n < 3; n++ { // more often than the limit allows
		pod := filter(s.pods, func(pod *corev1.Pod) bool { return owned.IsActive(pod) && indexOf(pod) == 0 })[0]
		s.endPod(pod, 137)
		s.change(pod, func(pod *corev1.Pod) {
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}}
		})
		s.after(time.Hour).wantActiveIndexes(0, 1, 2).wantCounts("active 3")
	}
	pod := s.pods[len(s.pods)-1]
	if got := pod.Annotations[batchv1.JobIndexIgnoredFailureCountAnnotation]; got != "3" {
		t.Errorf("the replacement knows of %q ignored failures", got)
	}
	if got := pod.Annotations[batchv1.JobIndexFailureCountAnnotation]; got != "0" {
		t.Errorf("the replacement knows of %q failures", got)
	}
}

func TestJudgement(t *testing.T) {
	code := func(name string, code int32) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}}
	}
	on := func(operator batchv1.PodFailurePolicyOnExitCodesOperator, container *string, values ...int32) batchv1.PodFailurePolicyRule {
		return batchv1.PodFailurePolicyRule{Action: batchv1.PodFailurePolicyActionFailJob, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
			ContainerName: container, Operator: operator, Values: values}}
	}
	const in, notIn = batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn
	ofCondition := batchv1.PodFailurePolicyRule{Action: batchv1.PodFailurePolicyActionIgnore,
		OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: "Odd", Status: corev1.ConditionFalse}}}
	for _, test := range []struct {
		name   string
		rule   batchv1.PodFailurePolicyRule
		status corev1.PodStatus
		fits   bool
	}{
		{"a listed code", on(in, nil, 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{code("a", 0), code("b", 3)}}, true},
		{"a code that is not listed", on(in, nil, 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{code("a", 4)}}, false},
		{"any but the listed", on(notIn, nil, 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{code("a", 4)}}, true},
		{"success is no failure", on(notIn, nil, 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{code("a", 0)}}, false},
		{"another container", on(in, ptr.To("b"), 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{code("a", 3)}}, false},
		{"an init container", on(in, ptr.To("i"), 3), corev1.PodStatus{InitContainerStatuses: []corev1.ContainerStatus{code("i", 3)}}, true},
		{"a container that runs", on(notIn, nil, 3), corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "a"}}}, false},
		{"a condition", ofCondition, corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: "Odd", Status: corev1.ConditionFalse}}}, true},
		{"a condition of another status", ofCondition, corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: "Odd", Status: corev1.ConditionTrue}}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := judge(&batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{test.rule}}, &corev1.Pod{Status: test.status})
			if (got.action == test.rule.Action) != test.fits {
				t.Errorf("judged %+v", got)
			}
		})
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p"}, Status: corev1.PodStatus{
		Conditions: []corev1.PodCondition{{Type: "Odd", Status: corev1.ConditionFalse}}}}
	ofCondition.Action = batchv1.PodFailurePolicyActionFailJob
	got := judge(&batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{on(in, nil, 3), ofCondition}}, pod)
	if want := "Pod n/p has condition Odd matching FailJob rule at index 1"; got.message != want {
		t.Errorf("message %q, want %q", got.message, want)
	}
}

func TestSuccessPolicy(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 4, parallelism: 4, successPolicy: {rules: [{succeededIndexes: '0,2-3', succeededCount: 2}]}}").settle()
	s.end(1, 0).end(2, 0).settle().wantConditions()
	s.end(3, 0).settle().wantConditions("SuccessCriteriaMet SuccessPolicy").wantCounts("terminating 1, succeeded 3")
	if got, want := s.job.Status.Conditions[0].Message, "Matched rules at index 0"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	s.end(0, 143).settle().wantCounts("succeeded 3").wantConditions("SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy")
	if s.job.Status.Failed > 0 {
		t.Error("what was not needed any more has failed")
	}
}

func TestMetRule(t *testing.T) {
	rule := func(named string, count int32) batchv1.SuccessPolicyRule {
		var r batchv1.SuccessPolicyRule
		if named != "" {
			r.SucceededIndexes = &named
		}
		if count > 0 {
			r.SucceededCount = &count
		}
		return r
	}
	for _, test := range []struct {
		name      string
		succeeded string
		rules     []batchv1.SuccessPolicyRule
		want      int
	}{
		{"no policy", "0-9", nil, noIndex},
		{"nothing yet", "", []batchv1.SuccessPolicyRule{rule("0", 0)}, noIndex},
		{"all that are named", "1,3-5", []batchv1.SuccessPolicyRule{rule("1,4", 0)}, 0},
		{"not all that are named", "1,3", []batchv1.SuccessPolicyRule{rule("1,4", 0)}, noIndex},
		{"enough", "1,3", []batchv1.SuccessPolicyRule{rule("", 2)}, 0},
		{"enough of those named", "1,3", []batchv1.SuccessPolicyRule{rule("0-1,5", 1)}, 0},
		{"enough, but not of those named", "1,3", []batchv1.SuccessPolicyRule{rule("4-7", 1)}, noIndex},
		{"the second rule", "1,3", []batchv1.SuccessPolicyRule{rule("7", 0), rule("3", 0)}, 1},
		{"none that the Job has", "1,3", []batchv1.SuccessPolicyRule{rule("50", 0)}, noIndex},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := metRule(&batchv1.SuccessPolicy{Rules: test.rules}, 10, parseIndexes(test.succeeded, 10)); got != test.want {
				t.Errorf("rule %d, want %d", got, test.want)
			}
		})
	}
}

// More parallelism does not bring a second pod to an index whose pod still terminates.
func TestIndexOfATerminatingPodIsNotTriedBeforeItsEnd(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 3, parallelism: 1, podReplacementPolicy: Failed}").settle().run(0)
	s.delete(s.nth(0))
	s.edit(func(spec *batchv1.JobSpec) { spec.Parallelism = ptr.To(int32(2)) }).settle().wantActiveIndexes(1)
}

// Of several failed pods of an index the replacement follows the one that failed last.
func TestReplacementFollowsTheLastFailure(t *testing.T) {
	s := begin(t, "{completionMode: Indexed, completions: 1, backoffLimitPerIndex: 3}").settle()
	s.create(newIndexedPod(s.job, 0, nil))
	s.end(1, 1)
	s.now = s.now.Add(5 * time.Second)
	s.end(0, 1)
	s.pods = []*corev1.Pod{s.nth(0), s.nth(1)}
	s.settle()
	if left := s.wake.Sub(s.now); left != 10*time.Second {
		t.Errorf("the next pass is due in %v, want 10s", left)
	}
}
