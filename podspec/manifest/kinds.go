package manifest

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/podsim/podsim/podspec"
)

// usedKinds are the kinds of what runs, what makes it run, and what it runs with.
var usedKinds = []schema.GroupVersionKind{
	corev1.SchemeGroupVersion.WithKind("Pod"),
	corev1.SchemeGroupVersion.WithKind("ConfigMap"),
	corev1.SchemeGroupVersion.WithKind("Secret"),
	corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"),
	corev1.SchemeGroupVersion.WithKind("Service"),
	corev1.SchemeGroupVersion.WithKind("ServiceAccount"),
	certificatesv1.SchemeGroupVersion.WithKind("ClusterTrustBundle"),
	rbacv1.SchemeGroupVersion.WithKind("Role"),
	rbacv1.SchemeGroupVersion.WithKind("RoleBinding"),
	rbacv1.SchemeGroupVersion.WithKind("ClusterRole"),
	rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"),
	appsv1.SchemeGroupVersion.WithKind("Deployment"),
	appsv1.SchemeGroupVersion.WithKind("ReplicaSet"),
	appsv1.SchemeGroupVersion.WithKind("StatefulSet"),
	appsv1.SchemeGroupVersion.WithKind("DaemonSet"),
	batchv1.SchemeGroupVersion.WithKind("Job"),
	batchv1.SchemeGroupVersion.WithKind("CronJob"),
}

// empty returns an empty object of a kind of Kubernetes' own, and whether podsim has a use for such objects. The object is nil for
// kinds that are not of Kubernetes; the error is for those that look like its own and are none, and for versions that an API server of
// v1.37 does not serve any more, in the words of kubectl.
func empty(kind schema.GroupVersionKind) (object runtime.Object, used bool, err error) {
	object, err = scheme.Scheme.New(kind)
	switch {
	case err != nil && !isOfKubernetes(kind.Group):
		return nil, false, nil
	case slices.Contains(usedKinds, kind):
		return object, true, nil
	case err != nil || isRemoved(object) || slices.ContainsFunc(usedKinds, func(k schema.GroupVersionKind) bool { return k.Kind == kind.Kind }):
		return nil, false, noMatch(kind, object)
	}
	return object, false, nil
}

// isRemoved tells whether an API server of v1.37 serves the version of an object no longer. The server itself goes by the same mark.
func isRemoved(object runtime.Object) bool {
	const servedMajor, servedMinor = 1, 37
	old, ok := object.(interface{ APILifecycleRemoved() (major, minor int) })
	if !ok {
		return false
	}
	major, minor := old.APILifecycleRemoved()
	return major < servedMajor || major == servedMajor && minor <= servedMinor
}

// isOfKubernetes tells the API groups of Kubernetes itself from those of its users. The old ones have no dot.
func isOfKubernetes(group string) bool {
	return !strings.Contains(group, ".") || scheme.Scheme.IsGroupRegistered(group)
}

// likely returns the kind that took the place of an old one, or the kind that podsim uses and that another is an old version or a
// misspelling of. object is one of the kind, nil if there is no such kind.
func likely(kind schema.GroupVersionKind, object runtime.Object) (meant schema.GroupVersionKind, ok bool) {
	if i := slices.IndexFunc(usedKinds, func(k schema.GroupVersionKind) bool { return podspec.Alike(k.Kind, kind.Kind) }); i >= 0 {
		return usedKinds[i], true
	}
	if old, ok := object.(interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}); ok {
		return old.APILifecycleReplacement(), true
	}
	return meant, false
}

// noMatch says that there is no such kind, and which one may have been meant.
func noMatch(kind schema.GroupVersionKind, object runtime.Object) error {
	words := fmt.Sprintf("no matches for kind %q in version %q", kind.Kind, kind.GroupVersion())
	if meant, ok := likely(kind, object); ok {
		words += fmt.Sprintf(", did you mean %s of version %q?", meant.Kind, meant.GroupVersion())
	}
	return serverWords(words)
}

// listElement returns the kind of a list's items; its Kind is "" when they say it themselves.
func listElement(list schema.GroupVersionKind) (element schema.GroupVersionKind, isList bool) {
	kind, isList := strings.CutSuffix(list.Kind, "List")
	if !isList {
		return schema.GroupVersionKind{}, false
	}
	if kind == "" {
		return schema.GroupVersionKind{}, list.GroupVersion() == metav1.SchemeGroupVersion || list.GroupVersion() == corev1.SchemeGroupVersion
	}
	element = list.GroupVersion().WithKind(kind)
	return element, scheme.Scheme.Recognizes(element)
}
