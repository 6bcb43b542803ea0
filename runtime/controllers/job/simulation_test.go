package job

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

// ledger is the model beside a simulated Job: which pods its status has ever told of, as its readers saw it.
type ledger struct {
	*stage
	// recorded are the pods that were ever on record, by how they ended.
	succeeded, failed sets.Set[types.UID]
	seen              int // statuses that were looked at
	known             sets.Set[types.UID]
}

// TestSimulation runs many random Jobs whose pods end at random, are deleted by others, and whose controller crashes between any two
// steps and begins anew without its memory. After each pass what the Job tells must agree with the pods that were.
func TestSimulation(t *testing.T) {
	seeds := int64(500)
	if testing.Short() {
		seeds = 100
	}
	ends := map[string]int{}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			ends[simulate(t, seed)]++
		})
		if t.Failed() {
			return
		}
	}
	t.Log(ends)
	for _, end := range []string{"CompletionsReached", "SuccessPolicy", "BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy",
		"FailedIndexes", "MaxFailedIndexesExceeded"} {
		if ends[end] == 0 && !testing.Short() {
			t.Errorf("no Job ended with %s: the simulation does not reach it", end)
		}
	}
}

// simulate lets one Job live, and returns the reason of its end.
func simulate(t *testing.T, seed int64) string {
	random := rand.New(rand.NewSource(seed))
	l := &ledger{stage: begin(t, ""), succeeded: sets.New[types.UID](), failed: sets.New[types.UID](), known: sets.New[types.UID]()}
	randomSpec(random, &l.job.Spec)
	l.crash = func(string) bool { return random.Intn(12) == 0 }
	l.fails = func(string) bool { return random.Intn(15) == 0 }
	l.letGo = l.checkReleased
	for range 60 {
		l.mischief(random)
		l.passes(3)
		l.now = l.now.Add(time.Duration(random.Intn(8000)) * time.Millisecond)
	}
	// From here on all goes well, so that the Job must come to an end.
	l.crash, l.fails = nil, nil
	l.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(false) })
	for range 300 {
		l.passes(10)
		if IsFinished(l.job) {
			break
		}
		for _, pod := range l.pods {
			if !owned.HasEnded(pod) {
				l.endPod(pod, 0)
			}
		}
		l.now = l.now.Add(10 * time.Minute)
	}
	if !IsFinished(l.job) {
		t.Fatalf("the Job does not end: %+v", l.job.Status)
	}
	l.checkEnd()
	return l.job.Status.Conditions[len(l.job.Status.Conditions)-1].Reason
}

func randomSpec(random *rand.Rand, spec *batchv1.JobSpec) {
	maybe := func(n int) bool { return random.Intn(n) == 0 }
	spec.Parallelism = ptr.To(int32(1 + random.Intn(4)))
	spec.Completions = ptr.To(int32(1 + random.Intn(6)))
	spec.BackoffLimit = ptr.To(int32(random.Intn(8)))
	switch {
	case maybe(2):
		spec.CompletionMode = ptr.To(batchv1.IndexedCompletion)
		if maybe(2) {
			spec.BackoffLimitPerIndex, spec.BackoffLimit = ptr.To(int32(random.Intn(3))), ptr.To(int32(1<<30))
			if maybe(2) {
				spec.MaxFailedIndexes = ptr.To(int32(random.Intn(2)))
			}
		}
		if maybe(4) {
			spec.SuccessPolicy = &batchv1.SuccessPolicy{Rules: []batchv1.SuccessPolicyRule{{SucceededCount: ptr.To(int32(1))}}}
		}
	case maybe(5):
		spec.Completions = nil
	}
	if maybe(3) {
		spec.ActiveDeadlineSeconds = ptr.To(int64(10 + random.Intn(300)))
	}
	if maybe(3) {
		spec.PodReplacementPolicy = ptr.To(batchv1.Failed)
	}
	if maybe(3) {
		spec.PodReplacementPolicy = ptr.To(batchv1.Failed)
		on := func(action batchv1.PodFailurePolicyAction, code int32) batchv1.PodFailurePolicyRule {
			return batchv1.PodFailurePolicyRule{Action: action, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
				Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{code}}}
		}
		spec.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
			on(batchv1.PodFailurePolicyActionFailJob, 5), on(batchv1.PodFailurePolicyActionIgnore, 2)}}
		if spec.BackoffLimitPerIndex != nil {
			spec.PodFailurePolicy.Rules = append(spec.PodFailurePolicy.Rules, on(batchv1.PodFailurePolicyActionFailIndex, 3))
		}
	}
}

// mischief is what the world does to a Job between two passes.
func (l *ledger) mischief(random *rand.Rand) {
	for _, pod := range slices.Clone(l.pods) {
		switch {
		case owned.HasEnded(pod):
			if !IsTracked(pod) && random.Intn(4) == 0 {
				l.delete(pod) // somebody tidies up
			}
		case pod.Status.Phase == corev1.PodPending && random.Intn(2) == 0:
			l.change(pod, func(pod *corev1.Pod) {
				pod.Status.Phase = corev1.PodRunning
				pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
			})
		case random.Intn(5) == 0:
			l.endPod(pod, []int32{0, 0, 0, 1, 1, 2, 3, 5}[random.Intn(8)])
		case random.Intn(25) == 0 && pod.DeletionTimestamp == nil:
			l.delete(pod)
		}
	}
	if random.Intn(15) == 0 && !IsFinished(l.job) {
		l.edit(func(spec *batchv1.JobSpec) { spec.Suspend = ptr.To(!*spec.Suspend) })
	}
	if random.Intn(20) == 0 && !IsFinished(l.job) {
		l.edit(func(spec *batchv1.JobSpec) { spec.Parallelism = ptr.To(int32(1 + random.Intn(4))) })
	}
}

// passes makes up to n passes, checking after each, and through crashes.
func (l *ledger) passes(n int) {
	l.t.Helper()
	for range n {
		before := l.pods
		changed, alive := l.pass()
		if !alive {
			l.backOff = BackOff{} // a new controller remembers nothing
		}
		l.checkCreated(before)
		l.checkStatuses()
		if !changed {
			return
		}
	}
}

// checkCreated: no pod is created beyond what the Job allows, and none for an index that needs none.
func (l *ledger) checkCreated(before []*corev1.Pod) {
	l.t.Helper()
	spec := &l.job.Spec
	active := filter(l.pods, owned.IsActive)
	had := sets.New[types.UID]()
	for _, pod := range before {
		had.Insert(pod.UID)
	}
	var created []*corev1.Pod
	for _, pod := range active {
		if !had.Has(pod.UID) {
			created = append(created, pod)
		}
	}
	if len(created) == 0 {
		return
	}
	if isSuspended(l.job) {
		l.t.Fatal("a suspended Job creates pods")
	}
	most := int(*spec.Parallelism)
	if spec.Completions != nil {
		most = min(most, int(*spec.Completions)-int(l.job.Status.Succeeded))
	}
	if len(active) > most {
		l.t.Fatalf("%d pods are active after %d were created, more than %d", len(active), len(created), most)
	}
	if *spec.PodReplacementPolicy == batchv1.Failed && len(active)+len(filter(l.pods, owned.IsTerminating)) > most {
		l.t.Fatal("pods are replaced while they still terminate")
	}
	if isIndexed(l.job) && indexesOf(active).count() != len(active) {
		l.t.Fatal("two active pods have one index")
	}
	for _, pod := range created {
		if index := indexOf(pod); parseIndexes(l.job.Status.CompletedIndexes, 1000).has(index) ||
			parseIndexes(ptr.Deref(l.job.Status.FailedIndexes, ""), 1000).has(index) {
			l.t.Fatalf("a pod is created for index %d, which has come to its end", index)
		}
	}
}

// checkStatuses takes the new statuses into the ledger: no pod comes on record twice, the counters are what went off record, and nothing
// that is final is taken back.
func (l *ledger) checkStatuses() {
	l.t.Helper()
	for ; l.seen < len(l.written); l.seen++ {
		status := l.written[l.seen]
		var last batchv1.JobStatus
		if l.seen > 0 {
			last = l.written[l.seen-1]
		}
		l.enter("succeeded", l.succeeded, status.UncountedTerminatedPods.Succeeded, lastUncounted(last).Succeeded)
		l.enter("failed", l.failed, status.UncountedTerminatedPods.Failed, lastUncounted(last).Failed)
		if want := l.failed.Len() - len(status.UncountedTerminatedPods.Failed); int(status.Failed) != want {
			l.t.Fatalf("failed %d, want %d", status.Failed, want)
		}
		switch succeeded := int(status.Succeeded); {
		case isIndexed(l.job):
			if completed := parseIndexes(status.CompletedIndexes, 1000); succeeded != completed.count() {
				l.t.Fatalf("succeeded %d with the indexes %s", succeeded, completed)
			}
		case succeeded != l.succeeded.Len()-len(status.UncountedTerminatedPods.Succeeded):
			l.t.Fatalf("succeeded %d, want %d", succeeded, l.succeeded.Len()-len(status.UncountedTerminatedPods.Succeeded))
		}
		for _, c := range last.Conditions {
			if c.Type != batchv1.JobSuspended && trueCondition(status.Conditions, c.Type) == nil {
				l.t.Fatalf("the condition %s is taken back", c.Type)
			}
		}
		if ptr.Deref(status.Ready, 0) > status.Active || status.Active < 0 || *status.Ready < 0 {
			l.t.Fatalf("ready %d of %d", *status.Ready, status.Active)
		}
	}
}

func lastUncounted(status batchv1.JobStatus) batchv1.UncountedTerminatedPods {
	return ptr.Deref(status.UncountedTerminatedPods, batchv1.UncountedTerminatedPods{})
}

func (l *ledger) enter(how string, recorded sets.Set[types.UID], now, before []types.UID) {
	l.t.Helper()
	for _, uid := range now {
		if slices.Contains(before, uid) {
			continue
		}
		if l.known.Has(uid) {
			l.t.Fatalf("pod %s comes on record twice, now as %s", uid, how)
		}
		recorded.Insert(uid)
		l.known.Insert(uid)
	}
}

// checkReleased: of a pod that has ended the Job's status tells before its finalizer goes.
func (l *ledger) checkReleased(pod *corev1.Pod) {
	l.checkStatuses()
	status := l.job.Status
	counted := judge(l.job.Spec.PodFailurePolicy, pod).counts()
	switch {
	case pod.Status.Phase == corev1.PodSucceeded && isIndexed(l.job):
		if !parseIndexes(status.CompletedIndexes, 1000).has(indexOf(pod)) {
			l.t.Fatalf("index %d succeeded and is lost", indexOf(pod))
		}
	case pod.Status.Phase == corev1.PodSucceeded, pod.Status.Phase == corev1.PodFailed && counted:
		if !l.known.Has(pod.UID) {
			l.t.Fatalf("pod %s ended as %s and is lost", pod.UID, pod.Status.Phase)
		}
	}
}

// checkEnd: what a finished Job says of itself agrees with what was.
func (l *ledger) checkEnd() {
	l.t.Helper()
	status, spec := l.job.Status, l.job.Spec
	for _, pod := range filter(l.pods, IsTracked) {
		l.t.Fatalf("pod %s is held by a finished Job", pod.UID)
	}
	if status.Active > 0 || *status.Terminating > 0 || len(status.UncountedTerminatedPods.Succeeded)+len(status.UncountedTerminatedPods.Failed) > 0 {
		l.t.Fatalf("the Job finished with %+v", status)
	}
	complete, failed := trueCondition(status.Conditions, batchv1.JobComplete), trueCondition(status.Conditions, batchv1.JobFailed)
	if (complete == nil) == (failed == nil) {
		l.t.Fatalf("complete %v, failed %v", complete, failed)
	}
	if complete != nil && complete.Reason == batchv1.JobReasonCompletionsReached && status.Succeeded < ptr.Deref(spec.Completions, 1) {
		l.t.Fatalf("complete with %d of %d", status.Succeeded, *spec.Completions)
	}
	if failed != nil && failed.Reason == batchv1.JobReasonBackoffLimitExceeded && status.Failed <= *spec.BackoffLimit {
		l.t.Fatalf("failed with %d of %d", status.Failed, *spec.BackoffLimit)
	}
	reasons := map[string]int{}
	for _, event := range l.events {
		reasons[event]++
	}
	for _, final := range slices.Sorted(maps.Keys(reasons)) {
		if final == "Completed" && reasons[final] > 1 {
			l.t.Fatalf("the event %s came %d times", final, reasons[final])
		}
	}
}
