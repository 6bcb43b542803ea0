package kubeapi

import (
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/podsim/podsim/podspec/defaults"
)

// kinds is what the server knows of the kinds that it serves.
type kinds struct {
	*runtime.Scheme
	codecs     serializer.CodecFactory
	parameters runtime.ParameterCodec
	selected   *selected
}

// selected are the kinds whose field selectors have been told.
type selected struct {
	mu    sync.Mutex
	kinds map[schema.GroupVersionKind]bool
}

// allKinds are those of all servers of the process: to put them together takes more time than all else of a server's start.
var allKinds = sync.OnceValue(newKinds)

// newKinds has every kind of Kubernetes, with the defaults of those that are served. The API server's registry works on a version of its
// own, the internal one; here that is the version which clients see, so that nothing is ever converted.
func newKinds() kinds {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientscheme.AddToScheme(scheme))
	utilruntime.Must(metrics.AddToScheme(scheme))
	internal(scheme, corev1.GroupName,
		&corev1.Pod{}, &corev1.PodList{}, &corev1.ConfigMap{}, &corev1.ConfigMapList{}, &corev1.Secret{}, &corev1.SecretList{},
		&corev1.PersistentVolumeClaim{}, &corev1.PersistentVolumeClaimList{}, &corev1.PersistentVolume{}, &corev1.PersistentVolumeList{},
		&corev1.Service{}, &corev1.ServiceList{},
		&corev1.Event{}, &corev1.EventList{}, &corev1.Namespace{}, &corev1.NamespaceList{},
		&corev1.ServiceAccount{}, &corev1.ServiceAccountList{}, &corev1.Node{}, &corev1.NodeList{}, &corev1.Binding{},
		&corev1.PodTemplate{}, &corev1.PodTemplateList{})
	internal(scheme, corev1.GroupName, endpointsKinds()...)
	internal(scheme, discoveryv1.GroupName, &discoveryv1.EndpointSlice{}, &discoveryv1.EndpointSliceList{})
	internal(scheme, appsv1.GroupName, &appsv1.Deployment{}, &appsv1.DeploymentList{}, &appsv1.ReplicaSet{}, &appsv1.ReplicaSetList{},
		&appsv1.StatefulSet{}, &appsv1.StatefulSetList{}, &appsv1.DaemonSet{}, &appsv1.DaemonSetList{})
	internal(scheme, batchv1.GroupName, &batchv1.Job{}, &batchv1.JobList{}, &batchv1.CronJob{}, &batchv1.CronJobList{})
	internal(scheme, autoscalingv1.GroupName, &autoscalingv1.Scale{})
	internal(scheme, policyv1.GroupName, &policyv1.Eviction{})
	internal(scheme, authenticationv1.GroupName, &authenticationv1.TokenRequest{}, &authenticationv1.TokenReview{}, &authenticationv1.SelfSubjectReview{})
	internal(scheme, authorizationv1.GroupName, &authorizationv1.SubjectAccessReview{}, &authorizationv1.LocalSubjectAccessReview{},
		&authorizationv1.SelfSubjectAccessReview{}, &authorizationv1.SelfSubjectRulesReview{})
	internal(scheme, certificatesv1.GroupName, &certificatesv1.ClusterTrustBundle{}, &certificatesv1.ClusterTrustBundleList{})
	internal(scheme, coordinationv1.GroupName, &coordinationv1.Lease{}, &coordinationv1.LeaseList{})
	internal(scheme, rbacv1.GroupName, &rbacv1.Role{}, &rbacv1.RoleList{}, &rbacv1.RoleBinding{}, &rbacv1.RoleBindingList{},
		&rbacv1.ClusterRole{}, &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBinding{}, &rbacv1.ClusterRoleBindingList{})
	internal(scheme, metrics.GroupName, &metrics.PodMetrics{}, &metrics.PodMetricsList{})
	addEventConversions(scheme)
	addProxyConversions(scheme)

	defaulting(scheme, defaults.Pod)
	defaulting(scheme, defaults.Secret)
	defaulting(scheme, defaults.Claim)
	defaulting(scheme, defaults.Deployment)
	defaulting(scheme, defaults.ReplicaSet)
	defaulting(scheme, defaults.StatefulSet)
	defaulting(scheme, defaults.DaemonSet)
	defaulting(scheme, defaults.JobFields) // the rest when the Job has its uid
	defaulting(scheme, defaults.CronJob)
	defaulting(scheme, defaults.RoleBinding)
	defaulting(scheme, defaults.ClusterRoleBinding)
	defaulting(scheme, defaults.PodTemplate)
	return kinds{scheme, serializer.NewCodecFactory(scheme), runtime.NewParameterCodec(scheme), &selected{kinds: map[schema.GroupVersionKind]bool{}}}
}

// internal makes the kinds their own internal version.
func internal(scheme *runtime.Scheme, group string, kinds ...runtime.Object) {
	scheme.AddKnownTypes(schema.GroupVersion{Group: group, Version: runtime.APIVersionInternal}, kinds...)
}

// defaulting has what clients send of a kind defaulted.
func defaulting[T any, P interface {
	*T
	runtime.Object
}](scheme *runtime.Scheme, set func(P)) {
	scheme.AddTypeDefaultingFunc(P(new(T)), func(object any) { set(object.(P)) })
}

// selectable lets field selectors of a kind use these labels, each for a field, and no others. It is told once in a process: all servers
// have the same for a kind, and those that run already read what they were told without a lock.
func (k kinds) selectable(kind schema.GroupVersionKind, labels map[string]string) {
	k.selected.mu.Lock()
	defer k.selected.mu.Unlock()
	if k.selected.kinds[kind] {
		return
	}
	k.selected.kinds[kind] = true
	utilruntime.Must(k.AddFieldLabelConversionFunc(kind, func(label, value string) (string, string, error) {
		name, ok := labels[label]
		if !ok {
			return "", "", fmt.Errorf("field label not supported: %s", label)
		}
		return name, value, nil
	}))
}
