package kubeapi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
)

// podsResource is the name of pods as finalizer.others names resources: with their group, which is empty.
const podsResource = "pods."

// contentsLeft is what is left in a namespace that is being emptied: how many objects of which resources, how many of all have which
// finalizers, and what failed.
type contentsLeft struct {
	resources, finalizers map[string]int
	failures              []error
}

func (l *contentsLeft) isNothing() bool { return len(l.resources) == 0 && len(l.failures) == 0 }

// deleteAll deletes all objects of a resource in the namespace of the context, and counts those that are still there.
func (l *contentsLeft) deleteAll(ctx context.Context, resource string, of contents) {
	if err := l.tryDeleteAll(ctx, resource, of); err != nil {
		l.failures = append(l.failures, err)
	}
}

func (l *contentsLeft) tryDeleteAll(ctx context.Context, resource string, of contents) error {
	background := metav1.DeletePropagationBackground
	options := &metav1.DeleteOptions{PropagationPolicy: &background}
	if _, err := of.DeleteCollection(ctx, rest.ValidateAllObjectFunc, options, &metainternalversion.ListOptions{}); err != nil {
		return err
	}
	list, err := of.List(ctx, &metainternalversion.ListOptions{})
	if err != nil {
		return err
	}
	return meta.EachListItem(list, func(object runtime.Object) error {
		accessor, err := meta.Accessor(object)
		if err == nil {
			l.add(resource, accessor.GetFinalizers())
		}
		return err
	})
}

// add counts an object.
func (l *contentsLeft) add(resource string, finalizers []string) {
	if l.resources == nil {
		l.resources, l.finalizers = map[string]int{}, map[string]int{}
	}
	l.resources[resource]++
	for _, finalizer := range finalizers {
		l.finalizers[finalizer]++
	}
}

// conditions are those of a namespace with so much left, as a cluster shows them. One that does not change keeps its time.
func (l *contentsLeft) conditions(before []corev1.NamespaceCondition, now metav1.Time) []corev1.NamespaceCondition {
	condition := func(kind corev1.NamespaceConditionType, wrong bool, reason, message, rightReason, rightMessage string) corev1.NamespaceCondition {
		c := corev1.NamespaceCondition{Type: kind, Status: corev1.ConditionFalse, Reason: rightReason, Message: rightMessage, LastTransitionTime: now}
		if wrong {
			c.Status, c.Reason, c.Message = corev1.ConditionTrue, reason, message
		}
		return c
	}
	var failures []string
	for _, err := range l.failures {
		failures = append(failures, err.Error())
	}
	slices.Sort(failures)
	current := []corev1.NamespaceCondition{
		condition(corev1.NamespaceDeletionDiscoveryFailure, false, "", "", "ResourcesDiscovered", "All resources successfully discovered"),
		condition(corev1.NamespaceDeletionGVParsingFailure, false, "", "", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
		condition(corev1.NamespaceDeletionContentFailure, len(failures) > 0, "ContentDeletionFailed",
			fmt.Sprintf("Failed to delete all resource types, %d remaining: %s", len(failures), strings.Join(failures, ", ")),
			"ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
		condition(corev1.NamespaceContentRemaining, len(l.resources) > 0, "SomeResourcesRemain",
			"Some resources are remaining: "+counted(l.resources, "has %d resource instances"), "ContentRemoved", "All content successfully removed"),
		condition(corev1.NamespaceFinalizersRemaining, len(l.finalizers) > 0, "SomeFinalizersRemain",
			"Some content in the namespace has finalizers remaining: "+counted(l.finalizers, "in %d resource instances"),
			"ContentHasNoFinalizers", "All content-preserving finalizers finished"),
	}
	for _, c := range before {
		i := slices.IndexFunc(current, func(other corev1.NamespaceCondition) bool { return other.Type == c.Type })
		switch {
		case i < 0:
			current = append(current, c) // somebody else's
		case current[i].Status == c.Status:
			current[i].LastTransitionTime = c.LastTransitionTime
		}
	}
	return current
}

// counted lists names with their numbers.
func counted(numbers map[string]int, format string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		all = append(all, name+" "+fmt.Sprintf(format, numbers[name]))
	}
	return strings.Join(all, ", ")
}
