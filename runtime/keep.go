package runtime

import (
	"context"
	"path/filepath"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/controllers/job"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kept"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/rbac"
	"github.com/podsim/podsim/runtime/store"
)

// keptCollections are the kinds whose objects outlive the node in its state directory. Not among them are pods, which live on the engine
// (D3) or, until they do, beside these objects (waiting.go), events, and what the node makes anew of the engine and the pods: its node,
// endpoints and their slices.
//
// Of the kinds that are here, what the node makes by itself is not kept either, so that a node which was given nothing leaves nothing, and
// what was made for the pods of an up lives as long as these, in their records.
func keptCollections(of *store.Store, dir string) []kept.Collection {
	collections := []kept.Collection{
		kept.Of(of.Namespaces, isUsersNamespace),
		kept.Of(of.ConfigMaps, func(c *corev1.ConfigMap) bool { return c.Name != kubeapi.RootCAConfigMap && !isCompanion(c) }),
		kept.Of(of.Claims, isUsersClaim),
		kept.Of(of.Services, func(s *corev1.Service) bool { return isUsers(s) && !isCompanion(s) }),
		kept.Of(of.ServiceAccounts, isUsersAccount),
		kept.Of(of.Leases, isUsersLease),
		kept.Of(of.Deployments, nil),
		kept.Of(of.ReplicaSets, nil),
		kept.Of(of.StatefulSets, nil),
		kept.Of(of.DaemonSets, nil),
		kept.Of(of.Jobs, nil),
		kept.Of(of.CronJobs, nil),
		kept.Of(of.Roles, unlessStanding[*rbacv1.Role]),
		kept.Of(of.RoleBindings, unlessStanding[*rbacv1.RoleBinding]),
		kept.Of(of.ClusterRoles, unlessStanding[*rbacv1.ClusterRole]),
		kept.Of(of.ClusterRoleBindings, unlessStanding[*rbacv1.ClusterRoleBinding]),
		kept.Of(of.PodTemplates, nil),
		kept.Of(of.TrustBundles, unlessCompanion[*certificatesv1.ClusterTrustBundle]),
	}
	if kept.InMemory(dir) { // their values never reach a disk (D3)
		collections = append(collections, kept.Of(of.Secrets, unlessCompanion[*corev1.Secret]))
	}
	return collections
}

// unlessStanding leaves out the roles and bindings that every cluster has, as long as nobody changed them. Those of an up are in no record
// of its pods.
func unlessStanding[T store.Object[T]](object T) bool { return !rbac.IsBootstrapped(object) }

// CompanionManager is the field manager of whoever makes objects for pods alone, as up does: they need not outlive these.
const CompanionManager = "podsim-up"

// isCompanion reports whether nobody wrote the object but who made it for pods.
func isCompanion(object metav1.Object) bool {
	managers := object.GetManagedFields()
	return len(managers) > 0 && !slices.ContainsFunc(managers, func(m metav1.ManagedFieldsEntry) bool { return m.Manager != CompanionManager })
}

func unlessCompanion[T metav1.Object](object T) bool { return !isCompanion(object) }

// writtenByClient reports whether a client wrote the object, or a part of it, through the API, which keeps book of that.
func writtenByClient(object metav1.Object) bool {
	return len(object.GetManagedFields()) > 0 && !isCompanion(object)
}

// isUsersNamespace leaves out namespaces that came to be with what is in them, and those that every cluster has.
func isUsersNamespace(namespace *corev1.Namespace) bool {
	return writtenByClient(namespace) || len(namespace.Annotations)+len(namespace.Finalizers) > 0 || len(namespace.Labels) > 1 ||
		namespace.DeletionTimestamp != nil // else what is still in it would bring it back
}

// isUsersClaim leaves out claims that were made of a volume on the engine, which does outlive the node, or for a pod.
func isUsersClaim(claim *corev1.PersistentVolumeClaim) bool {
	owner := metav1.GetControllerOf(claim)
	told := writtenByClient(claim) || claim.DeletionTimestamp != nil // else its volume would bring it back
	return told && (owner == nil || owner.Kind != "Pod")
}

// isUsersAccount leaves out the account that every namespace has, as long as it says nothing. Nobody keeps book of who wrote that one. The
// accounts of an up are, as its roles, in no record of its pods.
func isUsersAccount(account *corev1.ServiceAccount) bool {
	says := len(account.Labels) + len(account.Annotations) + len(account.Finalizers) + len(account.OwnerReferences) +
		len(account.Secrets) + len(account.ImagePullSecrets)
	return account.Name != kubeapi.DefaultAccount || says > 0 || account.AutomountServiceAccountToken != nil
}

// isUsersLease leaves out the node's own, which says how it is now.
func isUsersLease(lease *coordinationv1.Lease) bool {
	return lease.Namespace != corev1.NamespaceNodeLease || lease.Name != NodeName
}

// newKeeper keeps the objects of the node in its state directory; nil if it has none.
func newKeeper(n *Node) *kept.Keeper {
	if n.options.StateDir == "" {
		return nil
	}
	dir := endpoint.ObjectsPath(n.options.StateDir)
	return kept.New(dir, n.store, keptCollections(n.store, filepath.Dir(dir)), n.log)
}

// loadKept brings back what an earlier node kept.
func (n *Node) loadKept() error {
	if n.keeper == nil {
		return nil
	}
	if err := n.keeper.Load(); err != nil {
		return err
	}
	for _, name := range n.keeper.Namespaces() {
		kubeapi.EnsureNamespace(n.store, name)
	}
	return nil
}

// putBack puts an object of a record back into the store, unless a newer one is there or it was deleted since.
func putBack[T store.Object[T]](n *Node, into *store.Collection[T], object T) {
	key, version := store.KeyOf(object), store.VersionOf(object)
	there, err := into.Get(key)
	switch {
	case err == nil && store.VersionOf(there) >= version:
	case err != nil && n.keeper != nil && n.keeper.Deleted(into.Resource().String(), object):
	default:
		into.Restore(object)
	}
}

// putBackAll is putBack for a record of all the objects of a namespace at a version of the store. Older ones that it lacks were deleted;
// those that do not count, if counts is not nil, are no matter of the record.
func putBackAll[T store.Object[T]](n *Node, into *store.Collection[T], namespace string, counts func(T) bool, recorded []T, version uint64) {
	has := map[types.NamespacedName]bool{}
	for _, object := range recorded {
		has[store.KeyOf(object)] = true
		putBack(n, into, object)
	}
	there, _ := into.List(namespace)
	for _, object := range there {
		if (counts == nil || counts(object)) && !has[store.KeyOf(object)] && store.VersionOf(object) <= version {
			_, _ = into.Delete(store.KeyOf(object), nil) // nobody else changes it yet
		}
	}
}

// keep writes what changes from now on until the returned function is called, which writes the rest. whole says that the node has adopted
// all that there is.
func (n *Node) keep(whole bool) (end func() error) {
	if n.keeper == nil {
		return func() error { return nil }
	}
	ctx, stop := context.WithCancel(context.Background()) // longer than anything that may change an object
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.keeper.Run(ctx, whole)
	}()
	return func() error {
		stop()
		<-ended
		return n.keeper.Close(whole && n.Empty())
	}
}

// saved returns when all objects that are kept would outlive the node as they are now.
func (n *Node) saved(ctx context.Context) error {
	if n.keeper == nil {
		return nil
	}
	return n.keeper.Await(ctx, n.store.Version())
}

// keepsSecrets reports whether Secrets outlive the node without pods that refer to them.
func (n *Node) keepsSecrets() bool {
	return n.options.StateDir != "" && kept.InMemory(n.options.StateDir)
}

// Idle reports whether nothing would be lost or left undone without the node: it has no pods, nothing wants any, and it has no Secrets but
// those that outlive it.
func (n *Node) Idle() bool {
	if !n.Empty() || n.hasWork() {
		return false
	}
	secrets, _ := n.store.Secrets.List("")
	return n.keepsSecrets() || !slices.ContainsFunc(secrets, unlessCompanion)
}

// hasWork reports whether the node is still to make pods, now or after a back-off, of what it was given, to empty a namespace, or to let a
// claim go.
func (n *Node) hasWork() bool {
	namespaces, _ := n.store.Namespaces.List("")
	jobs, _ := n.store.Jobs.List("")
	sets, _ := n.store.ReplicaSets.List("")
	deployments, _ := n.store.Deployments.List("")
	stateful, _ := n.store.StatefulSets.List("")
	daemons, _ := n.store.DaemonSets.List("")
	claims, _ := n.store.Claims.List("")
	return slices.ContainsFunc(jobs, func(j *batchv1.Job) bool {
		return job.IsManaged(j) && !ptr.Deref(j.Spec.Suspend, false) && !job.IsFinished(j)
	}) ||
		slices.ContainsFunc(sets, func(s *appsv1.ReplicaSet) bool { return *s.Spec.Replicas > 0 }) ||
		slices.ContainsFunc(deployments, func(d *appsv1.Deployment) bool { return *d.Spec.Replicas > 0 && !d.Spec.Paused }) ||
		slices.ContainsFunc(stateful, func(s *appsv1.StatefulSet) bool { return *s.Spec.Replicas > 0 }) ||
		slices.ContainsFunc(claims, func(c *corev1.PersistentVolumeClaim) bool {
			return c.DeletionTimestamp != nil && slices.Contains(c.Finalizers, podspec.ClaimProtection)
		}) ||
		slices.ContainsFunc(namespaces, func(ns *corev1.Namespace) bool { return ns.DeletionTimestamp != nil }) || len(daemons) > 0
}

// Vacant reports whether the node leaves neither pods nor objects. It is for after Run.
func (n *Node) Vacant() bool {
	return n.Empty() && (n.keeper == nil || n.keeper.Empty())
}
