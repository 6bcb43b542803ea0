package podtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// space is the namespace of a test on one target, which all that the test brings up is in.
type space struct {
	target
	namespace string

	mu   sync.Mutex
	last []func(context.Context) error // what is to be done when the namespace is gone
}

// spaces are those of the tests that run.
type spaces struct {
	mu  sync.Mutex
	all map[spaceKey]*spaceSlot
}

// spaceSlot is the place of a test's space. Its lock is held while that is made, which only the same test waits for.
type spaceSlot struct {
	mu   sync.Mutex
	made *space
}

// spaceKey is a test, and the node or the cluster that it has a namespace on.
type spaceKey struct {
	test TB
	node nodeOptions
	host string
}

// tests has the namespaces of this process.
var tests = spaces{all: map[spaceKey]*spaceSlot{}}

// of returns the namespace of the test, made at the first call. It is removed with all that it has when the test has ended.
func (s *spaces) of(ctx context.Context, t TB, setup *setup) (*space, error) {
	key := spaceKey{test: t, node: setup.node}
	if setup.cluster != nil {
		key = spaceKey{test: t, host: setup.cluster.Host}
	}
	slot := s.slot(key)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.made != nil {
		return slot.made, nil
	}
	where, release, err := findTarget(ctx, t, setup)
	if err != nil {
		return nil, err
	}
	made, err := newSpace(ctx, where, t.Name())
	if err != nil {
		return nil, errors.Join(err, release(context.WithoutCancel(ctx)))
	}
	slot.made = made
	t.Cleanup(func() {
		t.Helper()
		s.mu.Lock()
		delete(s.all, key)
		s.mu.Unlock()
		ctx, cancel := cleaning(t)
		defer cancel()
		if err := errors.Join(made.remove(ctx), release(ctx)); err != nil {
			t.Errorf("podtest: cleaning up: %v", err)
		}
	})
	return made, nil
}

// slot is the place of a space.
func (s *spaces) slot(key spaceKey) *spaceSlot {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := s.all[key]
	if slot == nil {
		slot = &spaceSlot{}
		s.all[key] = slot
	}
	return slot
}

// findTarget finds the target that the options name, and what gives it back.
func findTarget(ctx context.Context, t TB, setup *setup) (target, func(context.Context) error, error) {
	warn := func(err error) { t.Logf("podtest: %v", err) }
	if setup.cluster != nil {
		where, err := clusterTarget(setup.cluster)
		if err == nil {
			where.marks, err = clusters.use(ctx, where, warn)
		}
		return where, clusters.release, err
	}
	node, err := process.use(ctx, setup.node, warn)
	if err != nil {
		return target{}, nil, err
	}
	release := func(ctx context.Context) error { return process.release(ctx, setup.node) }
	where, err := node.target()
	if err != nil {
		return target{}, nil, errors.Join(err, release(context.WithoutCancel(ctx)))
	}
	return where, release, nil
}

// cleaningTime bounds how long a test cleans up.
const cleaningTime = 2 * time.Minute

// cleaning is a context for the cleanup of a test, whose own has ended by then.
func cleaning(t TB) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(t.Context()), cleaningTime, fmt.Errorf("not done within %v", cleaningTime))
}

func newSpace(ctx context.Context, where target, test string) (*space, error) {
	s := &space{target: where, namespace: namespaceFor(test)}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	if where.node == nil {
		namespace.Labels = clusterLabels(time.Now())
		maps.Copy(namespace.Labels, where.marks)
	}
	if _, err := s.client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("making a namespace for the test: %w", err)
	}
	if where.node == nil {
		if err := s.awaitAccount(ctx); err != nil {
			return nil, errors.Join(err, s.remove(context.WithoutCancel(ctx)))
		}
	}
	return s, nil
}

// accountTime is how long a cluster gets to give a new namespace its service account.
const accountTime = 30 * time.Second

// awaitAccount waits for the service account without which a cluster refuses pods.
func (s *space) awaitAccount(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, accountTime, fmt.Errorf("not there within %v", accountTime))
	defer cancel()
	err := s.poll(ctx, func(ctx context.Context) (bool, error) {
		_, err := s.client.CoreV1().ServiceAccounts(s.namespace).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the service account of namespace %s: %w", s.namespace, err)
	}
	return nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// namespaceFor is a new namespace's name, which tells of which test it is.
func namespaceFor(test string) string {
	const longest, random = 40, 6
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(test), "-"), "-")
	name = strings.TrimPrefix(name, "test")
	return strings.TrimRight("test-"+strings.TrimLeft(name[:min(len(name), longest)], "-"), "-") + "-" + randomName(random)
}

// pollPause is how often a target is asked whether something has come about.
const pollPause = 50 * time.Millisecond

// poll asks until it is done, ctx ends or the target does. An error is no reason to give up: the next answer may be another. If none comes,
// it is told.
func (s *space) poll(ctx context.Context, ask func(context.Context) (done bool, err error)) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, pollPause, true, func(ctx context.Context) (bool, error) {
		done, err := ask(ctx)
		if done {
			return true, nil
		}
		if ctx.Err() == nil {
			last = err
		}
		return false, s.ended(ctx)
	})
	if err != nil && ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), last)
	}
	return err
}

// afterwards has something done when the namespace is gone.
func (s *space) afterwards(do func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = append(s.last, do)
}

// remove ends what still runs at once, removes the namespace with all that it has, and returns when it is gone.
func (s *space) remove(ctx context.Context) error {
	err := s.removeNamespace(ctx)
	for _, do := range s.last { // the test brings nothing up any more
		err = errors.Join(err, do(ctx))
	}
	return err
}

// end has the pods end at once, and the namespace go when they have.
func (s *space) end(ctx context.Context) error {
	core := s.client.CoreV1()
	if err := core.Pods(s.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: s.soonest()}, metav1.ListOptions{}); err != nil {
		return fmt.Errorf("ending the pods of namespace %s: %w", s.namespace, err)
	}
	if err := core.Namespaces().Delete(ctx, s.namespace, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing namespace %s: %w", s.namespace, err)
	}
	return nil
}

func (s *space) removeNamespace(ctx context.Context) error {
	if err := s.end(ctx); err != nil {
		return err
	}
	err := s.poll(ctx, func(ctx context.Context) (bool, error) {
		_, err := s.client.CoreV1().Namespaces().Get(ctx, s.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("waiting until namespace %s is gone: %w", s.namespace, err)
	}
	return nil
}

// soonest is the grace period, in seconds, of a pod that is to end at once. A forced deletion in a cluster leaves containers running for
// some time of which nobody sees anything any more; a node of podsim's forgets a pod when nothing of it is left.
func (s *space) soonest() *int64 {
	grace := int64(0)
	if s.node == nil {
		grace = 1
	}
	return &grace
}
