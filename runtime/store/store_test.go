package store

import (
	"errors"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func pod(namespace, name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("uid-" + name)}}
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "default", Name: name}
}

// must returns the value of a call that cannot fail in a test.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func setPhase(phase corev1.PodPhase) func(*corev1.Pod) error {
	return func(pod *corev1.Pod) error {
		pod.Status.Phase = phase
		return nil
	}
}

func TestCreatedObjectIsACopyWithVersionAndKind(t *testing.T) {
	s := New(41)
	given := pod("default", "a")
	stored := must[*corev1.Pod](t)(s.Pods.Create(given))

	if given.ResourceVersion != "" || stored.ResourceVersion != "42" {
		t.Errorf("versions: given %q, stored %q; want none and 42", given.ResourceVersion, stored.ResourceVersion)
	}
	if stored.APIVersion != "v1" || stored.Kind != "Pod" {
		t.Errorf("stored type is %q %q, want v1 Pod", stored.APIVersion, stored.Kind)
	}
	given.Labels = map[string]string{"later": "change"}
	if got := must[*corev1.Pod](t)(s.Pods.Get(key("a"))); got != stored || got.Labels != nil {
		t.Errorf("Get does not return the stored object, or the caller's object was kept: %v", got)
	}
	if _, err := s.Pods.Create(pod("default", "a")); !apierrors.IsAlreadyExists(err) {
		t.Errorf("second Create: %v, want AlreadyExists", err)
	}
	if got := s.Version(); got != 42 {
		t.Errorf("a refused Create changed the version to %d", got)
	}
}

func TestOneCounterOrdersChangesOfAllKinds(t *testing.T) {
	s := New(0)
	p := must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
	c := must[*corev1.ConfigMap](t)(s.ConfigMaps.Create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "a"}}))
	p2 := must[*corev1.Pod](t)(s.Pods.Update(key("a"), setPhase(corev1.PodRunning)))
	if p.ResourceVersion != "2" || c.ResourceVersion != "3" || p2.ResourceVersion != "4" {
		t.Errorf("versions %s, %s, %s; want 2, 3, 4", p.ResourceVersion, c.ResourceVersion, p2.ResourceVersion)
	}
}

func TestUpdate(t *testing.T) {
	refusal := errors.New("not now")
	for name, c := range map[string]struct {
		change  func(*corev1.Pod) error
		is      func(error) bool
		version string // of the stored pod afterwards; it is 2 before
	}{
		"stores what changed": {change: setPhase(corev1.PodRunning), version: "3"},
		"without a difference keeps the version": {
			change: func(*corev1.Pod) error { return nil }, version: "2"},
		"with an empty map instead of none is no difference": {
			change: func(pod *corev1.Pod) error { pod.Labels = map[string]string{}; return nil }, version: "2"},
		"passes the refusal of the change on": {
			change: func(*corev1.Pod) error { return refusal }, version: "2",
			is: func(err error) bool { return err == refusal }},
		"from the current version is stored": {
			change:  func(pod *corev1.Pod) error { pod.ResourceVersion = "2"; return setPhase("x")(pod) },
			version: "3"},
		"without a version is stored": {
			change:  func(pod *corev1.Pod) error { pod.ResourceVersion = ""; return setPhase("x")(pod) },
			version: "3"},
		"from an old version is a conflict": {
			change:  func(pod *corev1.Pod) error { pod.ResourceVersion = "1"; return setPhase("x")(pod) },
			version: "2", is: apierrors.IsConflict},
		"cannot rename": {
			change:  func(pod *corev1.Pod) error { pod.Name = "b"; return nil },
			version: "2", is: apierrors.IsBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(1)
			before := must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
			updated, err := s.Pods.Update(key("a"), c.change)
			if c.is == nil && err != nil || c.is != nil && !c.is(err) {
				t.Errorf("error: %v", err)
			}
			after := must[*corev1.Pod](t)(s.Pods.Get(key("a")))
			if after.ResourceVersion != c.version || strconv.FormatUint(s.Version(), 10) != c.version {
				t.Errorf("version %s, store %d; want %s", after.ResourceVersion, s.Version(), c.version)
			}
			if err == nil && updated != after {
				t.Errorf("Update returned %v, stored is %v", updated, after)
			}
			if before.Status.Phase != "" || before.Labels != nil || before.Name != "a" {
				t.Errorf("the object that readers hold was modified: %v", before)
			}
		})
	}
	if _, err := New(1).Pods.Update(key("a"), setPhase("x")); !apierrors.IsNotFound(err) {
		t.Errorf("Update of what is not there: %v, want NotFound", err)
	}
}

func TestDeleteReturnsTheLastObject(t *testing.T) {
	s := New(1)
	must[*corev1.Pod](t)(s.Pods.Create(pod("default", "a")))
	must[*corev1.Pod](t)(s.Pods.Update(key("a"), setPhase(corev1.PodSucceeded)))

	other, uid, version := types.UID("other"), types.UID("uid-a"), "2"
	for _, unmet := range []*metav1.Preconditions{{UID: &other}, {UID: &uid, ResourceVersion: &version}} {
		if _, err := s.Pods.Delete(key("a"), unmet); !apierrors.IsConflict(err) {
			t.Errorf("deletion with unmet preconditions %v: %v, want Conflict", unmet, err)
		}
	}
	last := must[*corev1.Pod](t)(s.Pods.Delete(key("a"), &metav1.Preconditions{UID: &uid}))
	if last.Status.Phase != corev1.PodSucceeded || last.ResourceVersion != "4" {
		t.Errorf("last object: phase %s, version %s", last.Status.Phase, last.ResourceVersion)
	}
	if _, err := s.Pods.Delete(key("a"), nil); !apierrors.IsNotFound(err) {
		t.Errorf("second Delete: %v, want NotFound", err)
	}
}

func TestListIsSortedAndOfOneNamespace(t *testing.T) {
	s := New(1)
	for _, p := range []*corev1.Pod{pod("b", "x"), pod("a", "z"), pod("a", "y")} {
		must[*corev1.Pod](t)(s.Pods.Create(p))
	}
	for namespace, want := range map[string]string{"": "a/y a/z b/x ", "a": "a/y a/z ", "none": ""} {
		pods, version := s.Pods.List(namespace)
		var got string
		for _, p := range pods {
			got += p.Namespace + "/" + p.Name + " "
		}
		if got != want || version != 4 {
			t.Errorf("List(%q) = %q at %d, want %q at 4", namespace, got, version, want)
		}
	}
}
