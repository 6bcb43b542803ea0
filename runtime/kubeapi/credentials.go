package kubeapi

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/store"
)

const (
	// credentialsDir is where containers have the credentials of their pod's account (S1.3); client-go and others look there.
	credentialsDir = "/var/run/secrets/kubernetes.io/serviceaccount"
	// credentialsVolume begins the name of their volume, and credentialsSeconds is how long a token in it is good for: an hour, and some
	// seconds by which an API server tells such tokens from those that somebody asked for.
	credentialsVolume  = "kube-api-access-"
	credentialsSeconds = 3607
	// RootCAConfigMap has the certificate of the API's authority in every namespace, under the key rootCAKey.
	RootCAConfigMap = "kube-root-ca.crt"
	rootCAKey       = "ca.crt"
)

// accountAdmission gives new pods what their accounts have for them, as the admission plugin ServiceAccount does (S1.3): pull secrets, and,
// if pods are to reach the API, what their containers need for that.
type accountAdmission struct {
	store *store.Store
	// rootCA is the certificate of the API's authority; nil if pods are not to reach it.
	rootCA []byte
}

var _ admission.MutationInterface = accountAdmission{}

// Handles implements admission.Interface.
func (accountAdmission) Handles(operation admission.Operation) bool {
	return operation == admission.Create
}

// Admit implements admission.MutationInterface.
func (c accountAdmission) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	pod, ok := a.GetObject().(*corev1.Pod)
	if !ok || a.GetSubresource() != "" {
		return nil
	}
	account, _ := c.store.ServiceAccounts.Get(types.NamespacedName{Namespace: a.GetNamespace(), Name: pod.Spec.ServiceAccountName})
	if account != nil && len(pod.Spec.ImagePullSecrets) == 0 {
		pod.Spec.ImagePullSecrets = slices.Clone(account.ImagePullSecrets)
	}
	if c.rootCA == nil || !mountsCredentials(pod, account) {
		return nil
	}
	mountCredentials(&pod.Spec)
	if !a.IsDryRun() {
		ensureRootCA(c.store, a.GetNamespace(), c.rootCA) // or the pod would have to wait for it
	}
	return nil
}

// mountsCredentials reports whether the pod wants credentials; what it does not say its account says, which need not be there.
func mountsCredentials(pod *corev1.Pod, account *corev1.ServiceAccount) bool {
	if pod.Spec.AutomountServiceAccountToken != nil {
		return *pod.Spec.AutomountServiceAccountToken
	}
	return account == nil || ptr.Deref(account.AutomountServiceAccountToken, true)
}

// mountCredentials mounts the credentials into all containers that have nothing at that place. A volume that is there already, as in the
// manifest of a pod that a cluster ran, is taken.
func mountCredentials(spec *corev1.PodSpec) {
	isCredentials := func(v corev1.Volume) bool { return strings.HasPrefix(v.Name, credentialsVolume) }
	volume, needed := credentialsVolume+rand.String(5), true
	if i := slices.IndexFunc(spec.Volumes, isCredentials); i >= 0 {
		volume, needed = spec.Volumes[i].Name, false
	}
	mounted := false
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			c := &containers[i]
			if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return path.Clean(m.MountPath) == credentialsDir }) {
				c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: volume, ReadOnly: true, MountPath: credentialsDir})
				mounted = true
			}
		}
	}
	if needed && mounted {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{Projected: credentials()}})
	}
}

// credentials are a token of the pod's account, the certificate of the API's authority and the pod's namespace.
func credentials() *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{
		DefaultMode: ptr.To(corev1.ProjectedVolumeSourceDefaultMode),
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: ptr.To[int64](credentialsSeconds), Path: corev1.ServiceAccountTokenKey}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: RootCAConfigMap},
				Items:                []corev1.KeyToPath{{Key: rootCAKey, Path: rootCAKey}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path:     corev1.ServiceAccountNamespaceKey,
				FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		},
	}
}

// keepRootCA sees to it that every namespace has the certificate of the API's authority, until the context ends.
func keepRootCA(ctx context.Context, objects *store.Store, rootCA []byte) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		store.Follow(ctx, objects.ConfigMaps, func(configMap *corev1.ConfigMap) {
			if configMap.Name == RootCAConfigMap {
				ensureRootCA(objects, configMap.Namespace, rootCA)
			}
		})
	}()
	store.Follow(ctx, objects.Namespaces, func(namespace *corev1.Namespace) { ensureRootCA(objects, namespace.Name, rootCA) })
	<-ended
}

// ensureRootCA has the ConfigMap of a namespace hold the certificate, unless the namespace ends.
func ensureRootCA(objects *store.Store, namespace string, rootCA []byte) {
	if !takesObjects(objects, namespace) {
		return
	}
	key := types.NamespacedName{Namespace: namespace, Name: RootCAConfigMap}
	data := map[string]string{rootCAKey: string(rootCA)}
	if there, err := objects.ConfigMaps.Get(key); err == nil {
		if there.Data[rootCAKey] != data[rootCAKey] || len(there.Data) != len(data) {
			_, _ = objects.ConfigMaps.Update(key, func(configMap *corev1.ConfigMap) error { // it fails only when there is none any more
				configMap.Data = data
				return nil
			})
		}
		return
	}
	_, _ = objects.ConfigMaps.Create(&corev1.ConfigMap{ // it fails only when there is one
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: RootCAConfigMap, UID: types.UID(uuid.NewString()), CreationTimestamp: metav1.Now().Rfc3339Copy(),
		},
		Data: data,
	})
}
