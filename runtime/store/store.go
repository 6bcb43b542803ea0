// Package store is the node's memory: the objects of the Kubernetes API that podsim keeps, and the history of what
// happened to them.
//
// It knows versions, optimistic updates, deletion and watches, in the way that the API server shows them. It knows no
// HTTP, no engine, no defaults and no validation, and it writes nothing to disk: package kept does.
//
//	s := store.New(uint64(time.Now().UnixMilli()))
//	pod, err := s.Pods.Create(pod)
//	pod, err = s.Pods.Update(store.KeyOf(pod), func(pod *corev1.Pod) error {
//		pod.Status.Phase = corev1.PodRunning
//		return nil
//	})
//
// Objects that come out of a store are shared between all readers and must not be modified.
package store

import (
	"strconv"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Store holds one collection of each kind. All collections share one lock and one resourceVersion counter, so that
// versions order changes across kinds.
type Store struct {
	Pods            *Collection[*corev1.Pod]
	ConfigMaps      *Collection[*corev1.ConfigMap]
	Secrets         *Collection[*corev1.Secret]
	Claims          *Collection[*corev1.PersistentVolumeClaim]
	Services        *Collection[*corev1.Service]
	Events          *Collection[*corev1.Event]
	ServiceAccounts *Collection[*corev1.ServiceAccount]
	Leases          *Collection[*coordinationv1.Lease]
	//lint:ignore SA1019 clusters serve them
	Endpoints      *Collection[*corev1.Endpoints]
	EndpointSlices *Collection[*discoveryv1.EndpointSlice]
	Deployments    *Collection[*appsv1.Deployment]
	ReplicaSets    *Collection[*appsv1.ReplicaSet]
	StatefulSets   *Collection[*appsv1.StatefulSet]
	DaemonSets     *Collection[*appsv1.DaemonSet]
	Jobs           *Collection[*batchv1.Job]
	CronJobs       *Collection[*batchv1.CronJob]
	PodTemplates   *Collection[*corev1.PodTemplate]
	// Namespaces, Nodes, Volumes and TrustBundles lie in no namespace.
	Nodes        *Collection[*corev1.Node]
	Namespaces   *Collection[*corev1.Namespace]
	Volumes      *Collection[*corev1.PersistentVolume]
	TrustBundles *Collection[*certificatesv1.ClusterTrustBundle]

	Roles        *Collection[*rbacv1.Role]
	RoleBindings *Collection[*rbacv1.RoleBinding]
	// ClusterRoles and ClusterRoleBindings lie in no namespace.
	ClusterRoles        *Collection[*rbacv1.ClusterRole]
	ClusterRoleBindings *Collection[*rbacv1.ClusterRoleBinding]

	clock *versions
}

// versions is what the collections of one store share. The mutex guards every field of every collection as well.
type versions struct {
	mu sync.Mutex
	// current is the resourceVersion of the newest change.
	current uint64
	// changed is closed, and replaced by a new channel, at every change.
	changed chan struct{}
}

// next gives a change its resourceVersion. The caller holds the lock.
func (v *versions) next() uint64 {
	v.current++
	return v.current
}

// announce wakes all watchers. The caller holds the lock.
func (v *versions) announce() {
	close(v.changed)
	v.changed = make(chan struct{})
}

// New returns an empty store whose resourceVersion is version. Every change adds one. A node passes the wall clock in
// milliseconds, so that the versions of a later process are larger than any that a client remembers from an earlier one,
// and such a client is told to list anew. Version 0 is raised to 1, as 0 means "any version" to clients.
func New(version uint64) *Store {
	shared := &versions{current: max(version, 1), changed: make(chan struct{})}
	return &Store{
		Pods:            newCollection[*corev1.Pod](shared, corev1.SchemeGroupVersion.WithKind("Pod"), "pods"),
		ConfigMaps:      newCollection[*corev1.ConfigMap](shared, corev1.SchemeGroupVersion.WithKind("ConfigMap"), "configmaps"),
		Secrets:         newCollection[*corev1.Secret](shared, corev1.SchemeGroupVersion.WithKind("Secret"), "secrets"),
		Claims:          newCollection[*corev1.PersistentVolumeClaim](shared, corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"), "persistentvolumeclaims"),
		Services:        newCollection[*corev1.Service](shared, corev1.SchemeGroupVersion.WithKind("Service"), "services"),
		Events:          newCollection[*corev1.Event](shared, corev1.SchemeGroupVersion.WithKind("Event"), "events"),
		ServiceAccounts: newCollection[*corev1.ServiceAccount](shared, corev1.SchemeGroupVersion.WithKind("ServiceAccount"), "serviceaccounts"),
		Leases:          newCollection[*coordinationv1.Lease](shared, coordinationv1.SchemeGroupVersion.WithKind("Lease"), "leases"),
		//lint:ignore SA1019 clusters serve them
		Endpoints:      newCollection[*corev1.Endpoints](shared, corev1.SchemeGroupVersion.WithKind("Endpoints"), "endpoints"),
		EndpointSlices: newCollection[*discoveryv1.EndpointSlice](shared, discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice"), "endpointslices"),
		Deployments:    newCollection[*appsv1.Deployment](shared, appsv1.SchemeGroupVersion.WithKind("Deployment"), "deployments"),
		ReplicaSets:    newCollection[*appsv1.ReplicaSet](shared, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), "replicasets"),
		StatefulSets:   newCollection[*appsv1.StatefulSet](shared, appsv1.SchemeGroupVersion.WithKind("StatefulSet"), "statefulsets"),
		DaemonSets:     newCollection[*appsv1.DaemonSet](shared, appsv1.SchemeGroupVersion.WithKind("DaemonSet"), "daemonsets"),
		Jobs:           newCollection[*batchv1.Job](shared, batchv1.SchemeGroupVersion.WithKind("Job"), "jobs"),
		CronJobs:       newCollection[*batchv1.CronJob](shared, batchv1.SchemeGroupVersion.WithKind("CronJob"), "cronjobs"),
		PodTemplates:   newCollection[*corev1.PodTemplate](shared, corev1.SchemeGroupVersion.WithKind("PodTemplate"), "podtemplates"),
		Nodes:          newCollection[*corev1.Node](shared, corev1.SchemeGroupVersion.WithKind("Node"), "nodes"),
		Namespaces:     newCollection[*corev1.Namespace](shared, corev1.SchemeGroupVersion.WithKind("Namespace"), "namespaces"),
		Volumes:        newCollection[*corev1.PersistentVolume](shared, corev1.SchemeGroupVersion.WithKind("PersistentVolume"), "persistentvolumes"),
		TrustBundles:   newCollection[*certificatesv1.ClusterTrustBundle](shared, certificatesv1.SchemeGroupVersion.WithKind("ClusterTrustBundle"), "clustertrustbundles"),
		clock:          shared,

		Roles:               newCollection[*rbacv1.Role](shared, rbacv1.SchemeGroupVersion.WithKind("Role"), "roles"),
		RoleBindings:        newCollection[*rbacv1.RoleBinding](shared, rbacv1.SchemeGroupVersion.WithKind("RoleBinding"), "rolebindings"),
		ClusterRoles:        newCollection[*rbacv1.ClusterRole](shared, rbacv1.SchemeGroupVersion.WithKind("ClusterRole"), "clusterroles"),
		ClusterRoleBindings: newCollection[*rbacv1.ClusterRoleBinding](shared, rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"), "clusterrolebindings"),
	}
}

// Version is the resourceVersion of the newest change in any collection.
func (s *Store) Version() uint64 {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	return s.clock.current
}

// Changed is closed at the next change in any collection.
func (s *Store) Changed() <-chan struct{} {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	return s.clock.changed
}

// VersionOf is the resourceVersion that a store gave an object; 0 if none did.
func VersionOf(object metav1.Object) uint64 {
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// KeyOf is the key under which a store keeps the object.
func KeyOf(object metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}
