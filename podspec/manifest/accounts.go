package manifest

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// hasPullSecrets is true for a service account with any.
func hasPullSecrets(o runtime.Object) bool {
	account, ok := o.(*corev1.ServiceAccount)
	return ok && len(account.ImagePullSecrets) > 0
}

// account keeps the pull secrets of a service account for the pods that run as it. Nothing else of accounts has a use here.
func (l *loading) account(a *corev1.ServiceAccount) {
	namespace := cmp.Or(a.Namespace, l.options.Namespace, metav1.NamespaceDefault)
	l.pullSecrets[types.NamespacedName{Namespace: namespace, Name: a.Name}] = a.ImagePullSecrets
}

// lendPullSecrets gives each pod that names no pull secrets those of its service account, as admission does (S1.3).
func (l *loading) lendPullSecrets() {
	for _, pod := range l.contents.Pods {
		if len(pod.Spec.ImagePullSecrets) == 0 {
			account := types.NamespacedName{Namespace: pod.Namespace, Name: pod.Spec.ServiceAccountName}
			pod.Spec.ImagePullSecrets = slices.Clone(l.pullSecrets[account])
		}
	}
}
