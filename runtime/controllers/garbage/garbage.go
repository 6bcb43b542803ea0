// Package garbage decides what becomes of objects whose owners are gone, or are being deleted together with them or without them. It is
// pure.
package garbage

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec/workload"
)

// Object is what counts of an object here.
type Object struct {
	Resource schema.GroupVersionResource
	Kind     schema.GroupVersionKind
	metav1.Object
}

// Action is what is to be done with one object: one of the following.
type Action struct {
	Object Object
	// Delete says that it is to be deleted, and what is to become of its dependents then.
	Delete *metav1.DeletionPropagation
	// Disown are the uids of owners that it is to lose.
	Disown []types.UID
	// Finalizer is to be taken off.
	Finalizer string
}

// graph is who owns whom.
type graph struct {
	known      map[schema.GroupKind]bool
	owners     map[types.UID]Object
	dependents map[types.UID][]Object
}

// Decide looks at all objects of the known kinds. An owner of any other kind counts as there, and so does one that was never there (see
// workload.IsMadeUp): nobody could tell when it is gone.
func Decide(objects []Object, known []schema.GroupKind) []Action {
	g := graph{map[schema.GroupKind]bool{}, map[types.UID]Object{}, map[types.UID][]Object{}}
	for _, kind := range known {
		g.known[kind] = true
	}
	for _, o := range objects {
		g.owners[o.GetUID()] = o
		for _, reference := range o.GetOwnerReferences() {
			g.dependents[reference.UID] = append(g.dependents[reference.UID], o)
		}
	}
	var actions []Action
	for _, o := range objects {
		if o.GetDeletionTimestamp() != nil {
			actions = append(actions, g.finish(o)...)
		} else if action, needed := g.collect(o); needed {
			actions = append(actions, action)
		}
	}
	return actions
}

// finish is what keeps a deletion from its end: dependents that are to live on lose their owner, and those that go first are waited for.
func (g graph) finish(o Object) []Action {
	dependents := g.dependents[o.GetUID()]
	if slices.Contains(o.GetFinalizers(), metav1.FinalizerOrphanDependents) {
		var actions []Action
		for _, d := range dependents {
			actions = append(actions, Action{Object: d, Disown: []types.UID{o.GetUID()}})
		}
		if len(actions) == 0 {
			actions = []Action{{Object: o, Finalizer: metav1.FinalizerOrphanDependents}}
		}
		return actions
	}
	if slices.Contains(o.GetFinalizers(), metav1.FinalizerDeleteDependents) {
		blocks := func(d Object) bool {
			return slices.ContainsFunc(d.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
				return r.UID == o.GetUID() && r.BlockOwnerDeletion != nil && *r.BlockOwnerDeletion
			})
		}
		if !slices.ContainsFunc(dependents, blocks) {
			return []Action{{Object: o, Finalizer: metav1.FinalizerDeleteDependents}}
		}
	}
	return nil
}

// collect is what an object needs that has owners: to go with the last of them, or to lose those that are gone.
func (g graph) collect(o Object) (Action, bool) {
	var lost []types.UID
	waited, stays := false, false
	for _, reference := range o.GetOwnerReferences() {
		owner, found := g.owners[reference.UID]
		switch {
		case g.isBeyond(o, reference):
			stays = true
		case !found || owner.GetNamespace() != "" && owner.GetNamespace() != o.GetNamespace():
			lost = append(lost, reference.UID)
		case owner.GetDeletionTimestamp() != nil && slices.Contains(owner.GetFinalizers(), metav1.FinalizerDeleteDependents):
			lost, waited = append(lost, reference.UID), true
		default:
			stays = true
		}
	}
	switch {
	case len(lost) == 0:
		return Action{}, false
	case stays:
		return Action{Object: o, Disown: lost}, true
	}
	policy := metav1.DeletePropagationBackground
	switch {
	case slices.Contains(o.GetFinalizers(), metav1.FinalizerOrphanDependents):
		policy = metav1.DeletePropagationOrphan
	case slices.Contains(o.GetFinalizers(), metav1.FinalizerDeleteDependents), waited && len(g.dependents[o.GetUID()]) > 0:
		policy = metav1.DeletePropagationForeground
	}
	return Action{Object: o, Delete: &policy}, true
}

// isBeyond says that nobody here can tell whether an owner is there, or that it is not to be asked for. The claims of ephemeral volumes go
// with their pods, and the node alone knows when these are gone.
func (g graph) isBeyond(o Object, reference metav1.OwnerReference) bool {
	kind := schema.FromAPIVersionAndKind(reference.APIVersion, reference.Kind).GroupKind()
	if _, found := g.owners[reference.UID]; found {
		return false
	}
	ephemeral := o.Kind.Kind == "PersistentVolumeClaim" && kind == schema.GroupKind{Kind: "Pod"} && reference.Controller != nil && *reference.Controller
	return !g.known[kind] || workload.IsMadeUp(reference) || ephemeral
}
