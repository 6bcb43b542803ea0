package runtime

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/volumes"
)

// Reasons of the events that tell of faults.
const (
	reasonFaultInjected = "FaultInjected"
	reasonFaultCleared  = "FaultCleared"
	reasonFaultFailed   = "FaultFailed"
)

// Faults are those of a pod that last.
func (n *Node) Faults(_ context.Context, namespace, name string) ([]fault.Fault, error) {
	_, w, err := n.faultyPod(namespace, name)
	if err != nil {
		return nil, err
	}
	return w.faults.list(), nil
}

// InjectFault does a fault to a pod, and returns it when that is done. The error is a BadRequest if the pod is not one to which that can be
// done, and a Conflict if it cannot be done now.
func (n *Node) InjectFault(ctx context.Context, namespace, name string, f fault.Fault) (fault.Fault, error) {
	pod, w, err := n.faultyPod(namespace, name)
	if err != nil {
		return f, err
	}
	if err := f.Check(pod); err != nil {
		return f, apierrors.NewBadRequest(err.Error())
	}
	if status.Terminal(pod.Status.Phase) {
		return f, faultConflict(pod, "the pod has ended")
	}
	return w.faults.inject(ctx, pod, f)
}

// ClearFaults ends the faults of a pod with these IDs, or all if there are none, and returns those that it ended.
func (n *Node) ClearFaults(ctx context.Context, namespace, name string, ids []string) ([]fault.Fault, error) {
	pod, w, err := n.faultyPod(namespace, name)
	if err != nil {
		return nil, err
	}
	return w.faults.clear(ctx, pod, ids)
}

func (n *Node) faultyPod(namespace, name string) (*corev1.Pod, *worker, error) {
	pod, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return nil, nil, err
	}
	w := n.worker(pod.UID)
	if w == nil {
		return nil, nil, apierrors.NewServiceUnavailable("the node is shutting down; try again")
	}
	return pod, w, nil
}

// faultConflict says why a fault cannot be done to the pod, or ended, now.
func faultConflict(pod *corev1.Pod, format string, args ...any) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusConflict, Reason: metav1.StatusReasonConflict,
		Message: "pod " + pod.Name + ": " + fmt.Sprintf(format, args...),
	}}
}

// faultKeeper does faults to a pod and ends them. Those that last it knows, and has them saved with the pod before they are done, so that a
// next node can end them.
type faultKeeper struct {
	w *worker
	// turn holds one token; whoever has it may do and end faults.
	turn    chan struct{}
	working interruptible

	mu      sync.Mutex // guards what follows, and is held briefly
	lasting []fault.Fault
	sandbox faultySandbox
}

// faultySandbox is the sandbox that faults are done to.
type faultySandbox struct {
	id     string        // "" while the pod has none
	layout *volumes.Plan // of the pod's volumes, which are there without a sandbox, too; nil before the first one
	filled bool          // claims may have files of faults
}

func newFaultKeeper(w *worker) *faultKeeper {
	k := &faultKeeper{w: w, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// list are the faults that last.
func (k *faultKeeper) list() []fault.Fault {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]fault.Fault{}, k.lasting...)
}

// change puts another list of faults in the place of this one.
func (k *faultKeeper) change(to func(lasting []fault.Fault) []fault.Fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lasting = to(slices.Clone(k.lasting))
}

func (k *faultKeeper) drop(f fault.Fault) {
	k.change(func(lasting []fault.Fault) []fault.Fault {
		return slices.DeleteFunc(lasting, func(other fault.Fault) bool { return other.ID == f.ID })
	})
}

// put adds a fault, in the place of the one with its ID if there is one.
func (k *faultKeeper) put(f fault.Fault) {
	k.drop(f)
	k.change(func(lasting []fault.Fault) []fault.Fault { return append(lasting, f) })
}

func (k *faultKeeper) running() faultySandbox {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sandbox
}

// take waits for the turn until the context ends.
func (k *faultKeeper) take(ctx context.Context) error {
	select {
	case <-k.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *faultKeeper) give() { k.turn <- struct{}{} }

// workingContext is that of a piece of work for a client: one that leaves does not keep a fault from being done whole, but the end of the
// sandbox does.
func (k *faultKeeper) workingContext(ctx context.Context) context.Context {
	ctx = context.WithoutCancel(ctx)
	if k.running().id == "" {
		return ctx // all that is left to do is in the node's own books
	}
	return k.working.begin(ctx)
}

// faultTime is how long a fault may take to be done or ended.
const faultTime = time.Minute

// inject does a fault that was checked.
func (k *faultKeeper) inject(ctx context.Context, pod *corev1.Pod, f fault.Fault) (fault.Fault, error) {
	if err := k.take(ctx); err != nil {
		return f, err
	}
	defer k.give()
	ctx, cancel := context.WithTimeout(k.workingContext(ctx), faultTime)
	defer cancel()
	f.ID, f.Since, f.Instance = f.Identify(), metav1.NewTime(time.Now().Truncate(time.Second)), ""
	if err := k.choose(ctx, pod, &f); err != nil {
		return f, err
	}
	before := k.list()
	if f.Lasts() {
		k.put(f)
		if err := k.save(ctx, pod); err != nil {
			k.change(func([]fault.Fault) []fault.Fault { return before })
			return f, fmt.Errorf("saving that %s, before it is so: %s", f, engineText(err))
		}
	}
	sandbox := k.running().id
	if err := k.do(ctx, pod, f); err != nil {
		k.retract(ctx, pod, f, before)
		if f.NeedsSandbox() && !k.runs(ctx, sandbox) {
			return f, faultConflict(pod, noSandbox)
		}
		return f, faultConflict(pod, "bringing about that %s: %s", f, agentWords(err))
	}
	k.tell(pod, f, corev1.EventTypeWarning, reasonFaultInjected, "On purpose: "+f.String())
	k.thawed(ctx, pod)
	return f, nil
}

// retract has all be as it was before a fault that failed: the one whose place it was to take is in effect again.
func (k *faultKeeper) retract(ctx context.Context, pod *corev1.Pod, f fault.Fault, before []fault.Fault) {
	ctx, cancel := outlasting(ctx)
	defer cancel()
	k.change(func([]fault.Fault) []fault.Fault { return before })
	if i := slices.IndexFunc(before, func(other fault.Fault) bool { return f.Lasts() && other.ID == f.ID }); i >= 0 {
		if err := k.do(ctx, pod, before[i]); err != nil {
			k.giveUp(ctx, pod, before[i], fmt.Sprintf("No longer, after another was to take its place: %s: %s", before[i], agentWords(err)))
		}
	} else if err := k.undo(ctx, f, before); err != nil {
		k.w.log.Warn("undoing a fault that failed", "fault", f.String(), "error", err)
	}
	_ = k.save(ctx, pod) // what failed is tried again
}

// giveUp drops a fault that could not be brought about again, with what there is of it.
func (k *faultKeeper) giveUp(ctx context.Context, pod *corev1.Pod, f fault.Fault, message string) {
	k.drop(f)
	k.tell(pod, f, corev1.EventTypeWarning, reasonFaultFailed, message)
	if err := k.undo(ctx, f, k.list()); err != nil {
		k.w.log.Warn("undoing a fault that failed", "fault", f.String(), "error", err)
	}
}

// outlasting is the context of what has to be done although the time of a fault is over, or its sandbox about to end.
func outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), engineTimeout)
}

// clear ends faults.
func (k *faultKeeper) clear(ctx context.Context, pod *corev1.Pod, ids []string) ([]fault.Fault, error) {
	if err := k.take(ctx); err != nil {
		return nil, err
	}
	defer k.give()
	ctx, cancel := context.WithTimeout(k.workingContext(ctx), faultTime)
	defer cancel()
	cleared := []fault.Fault{}
	lasting := k.list()
	for _, id := range ids {
		if !slices.ContainsFunc(lasting, func(f fault.Fault) bool { return f.ID == id }) {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("pod %s has no fault %q%s", pod.Name, id, butThese(lasting)))
		}
	}
	for _, f := range lasting {
		if len(ids) > 0 && !slices.Contains(ids, f.ID) {
			continue
		}
		rest := slices.DeleteFunc(k.list(), func(other fault.Fault) bool { return other.ID == f.ID })
		if err := k.undo(ctx, f, rest); err != nil {
			saving, cancel := outlasting(ctx)
			defer cancel()
			_ = k.save(saving, pod) // that the others have ended; what failed is tried again
			return cleared, faultConflict(pod, "ending that %s: %s", f, agentWords(err))
		}
		k.drop(f)
		cleared = append(cleared, f)
		k.tell(pod, f, corev1.EventTypeNormal, reasonFaultCleared, "No longer: "+f.String())
	}
	return cleared, k.save(ctx, pod)
}

func butThese(lasting []fault.Fault) string {
	if len(lasting) == 0 {
		return ": none lasts"
	}
	var ids []string
	for _, f := range lasting {
		ids = append(ids, f.ID)
	}
	return ", but " + strings.Join(ids, ", ")
}

// save has the faults saved with the pod.
func (k *faultKeeper) save(ctx context.Context, pod *corev1.Pod) error {
	if now, ok := k.w.pod(); ok {
		pod = now
	}
	k.w.saver.save(pod, nil)
	return k.w.saver.flush(ctx)
}

// tell records an event about a fault.
func (k *faultKeeper) tell(pod *corev1.Pod, f fault.Fault, eventType, reason, message string) {
	k.w.node.recorder.Fault(pod, f.Container, eventType, reason, "%s", message)
}

// adopt takes over the faults that an earlier node did, and its sandbox. It is called before anybody else knows the keeper; runs tells
// which instances still run.
func (k *faultKeeper) adopt(lasting []fault.Fault, runs func(instance string) bool) {
	k.lasting = slices.DeleteFunc(slices.Clone(lasting), func(f fault.Fault) bool { return f.Kind == fault.Pause && !runs(f.Instance) })
}

// join has the faults be in effect in a new sandbox, before anything runs in it. What fails is told of, and is no fault any more.
func (k *faultKeeper) join(ctx context.Context, pod *corev1.Pod, sandboxID string, layout *volumes.Plan) {
	k.mu.Lock()
	k.sandbox = faultySandbox{id: sandboxID, layout: layout, filled: true}
	k.mu.Unlock()
	k.working.allow()
	if len(k.list()) == 0 || k.take(ctx) != nil {
		return
	}
	defer k.give()
	ctx, cancel := context.WithTimeout(k.working.begin(ctx), faultTime)
	defer cancel()
	for _, f := range k.list() {
		if f.Kind == fault.Pause {
			continue // it ended with the instance
		}
		err := k.do(ctx, pod, f)
		if ctx.Err() == context.Canceled {
			return // this sandbox goes, and the next one is joined as well
		}
		if err != nil {
			undoing, cancel := outlasting(ctx)
			k.giveUp(undoing, pod, f, fmt.Sprintf("No longer, in the pod's new sandbox: %s: %s", f, agentWords(err)))
			cancel()
		}
	}
}

// leave ends what the faults did beyond the sandbox, which is about to go if it has not gone: what they put into claims, whose data is there
// for other pods.
func (k *faultKeeper) leave(ctx context.Context, pod *corev1.Pod) {
	k.working.interrupt() // nobody waits for a fault that is under way
	if k.take(ctx) != nil {
		return
	}
	defer k.give()
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	sandbox := k.running()
	left := faultySandbox{layout: sandbox.layout}
	for _, f := range k.list() {
		if !sandbox.filled || f.Kind != fault.Fill || !sandbox.layout.IsClaim(f.Volume) {
			continue
		}
		if err := k.undo(ctx, f, nil); err != nil {
			left.filled = true // it is tried again when the pod goes
			if ctx.Err() == context.Canceled {
				break // by a next node
			}
			k.w.log.Warn("emptying a claim that a fault filled", "volume", f.Volume, "error", err)
			k.tell(pod, f, corev1.EventTypeWarning, reasonFaultFailed, fmt.Sprintf("Its file stays in the claim of volume %s: %s", f.Volume, agentWords(err)))
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sandbox = left
}

// ended reports that an instance has ended, and its faults with it.
func (k *faultKeeper) ended(pod *corev1.Pod, instance string) {
	for _, f := range k.list() {
		if f.Kind == fault.Pause && f.Instance == instance {
			k.drop(f)
			k.tell(pod, f, corev1.EventTypeNormal, reasonFaultCleared, "No longer, as it has ended: "+f.String())
		}
	}
}

// failsPull reports whether a fault keeps the image from being pulled.
func (k *faultKeeper) failsPull(image string) bool {
	return slices.ContainsFunc(k.list(), func(f fault.Fault) bool { return f.Kind == fault.Pull && (f.Image == "" || f.Image == image) })
}
