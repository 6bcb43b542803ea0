package kubeapi_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func newClaim(name string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			},
		},
	}
}

func TestStoredObjectsAreDefaulted(t *testing.T) {
	api := serve(t)
	core, ctx := api.clients().CoreV1(), t.Context()

	pod, err := core.Pods("default").Create(ctx, newPod("a"), metav1.CreateOptions{})
	if err != nil || pod.Spec.RestartPolicy != corev1.RestartPolicyAlways || pod.Spec.Containers[0].ImagePullPolicy != corev1.PullIfNotPresent {
		t.Errorf("pod: %v, %v", pod, err)
	}

	secrets := core.Secrets("default")
	secret, err := secrets.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s"}, StringData: map[string]string{"k": "1"},
	}, metav1.CreateOptions{})
	if err != nil || secret.Type != corev1.SecretTypeOpaque || string(secret.Data["k"]) != "1" || secret.StringData != nil {
		t.Fatalf("created secret: %v, %v", secret, err)
	}
	secret.StringData = map[string]string{"k": "2"}
	secret, err = secrets.Update(ctx, secret, metav1.UpdateOptions{})
	if err != nil || string(secret.Data["k"]) != "2" || secret.StringData != nil {
		t.Errorf("updated secret: %v, %v", secret, err)
	}

	claims := core.PersistentVolumeClaims("default")
	claim, err := claims.Create(ctx, newClaim("c"), metav1.CreateOptions{})
	if err != nil || *claim.Spec.VolumeMode != corev1.PersistentVolumeFilesystem || claim.Status.Phase != corev1.ClaimPending {
		t.Errorf("claim: %v, %v", claim, err)
	}
}

func TestAnUpdateLeavesTheStatusOfAClaim(t *testing.T) {
	api := serve(t)
	claims := api.clients().CoreV1().PersistentVolumeClaims("default")
	if _, err := claims.Create(t.Context(), newClaim("c"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := api.store.Claims.Update(types.NamespacedName{Namespace: "default", Name: "c"}, func(claim *corev1.PersistentVolumeClaim) error {
		claim.Status.Phase = corev1.ClaimBound
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	newer := newClaim("c")
	newer.Labels = map[string]string{"k": "v"}
	updated, err := claims.Update(t.Context(), newer, metav1.UpdateOptions{})
	if err != nil || updated.Labels["k"] != "v" || updated.Status.Phase != corev1.ClaimBound {
		t.Errorf("updated: %v, %v", updated, err)
	}
}

func TestInvalidObjectsAreRefused(t *testing.T) {
	api := serve(t)
	core, ctx := api.clients().CoreV1(), t.Context()
	if _, err := core.ConfigMaps("default").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "known"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := core.Secrets("default").Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "known"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := core.PersistentVolumeClaims("default").Create(ctx, newClaim("known"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	configMap := func(name string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"a/b": ""}}
	}
	secret := func(name string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"a/b": ""}}
	}
	claim := func(name string) *corev1.PersistentVolumeClaim {
		claim := newClaim(name)
		claim.Spec.AccessModes = nil
		return claim
	}
	pod := func(change func(*corev1.PodSpec)) *corev1.Pod {
		pod := newPod("new")
		change(&pod.Spec)
		return pod
	}
	for name, c := range map[string]struct {
		send func() error
		want string // the beginning
	}{
		"a pod without an image": {func() error {
			_, err := core.Pods("default").Create(ctx, pod(func(spec *corev1.PodSpec) { spec.Containers[0].Image = "" }), metav1.CreateOptions{})
			return err
		}, `Pod "new" is invalid: spec.containers[0].image: Required value`},
		"a pod that podsim cannot run": {func() error {
			_, err := core.Pods("default").Create(ctx, pod(func(spec *corev1.PodSpec) {
				spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "s", Path: "/p"}}}}
			}), metav1.CreateOptions{})
			return err
		}, `Pod "new" is invalid: spec.volumes[0].nfs: Forbidden: podsim does not support nfs volumes yet`},
		"a new config map": {func() error {
			_, err := core.ConfigMaps("default").Create(ctx, configMap("new"), metav1.CreateOptions{})
			return err
		}, `ConfigMap "new" is invalid: data[a/b]: Invalid value: "a/b"`},
		"a newer config map": {func() error {
			_, err := core.ConfigMaps("default").Update(ctx, configMap("known"), metav1.UpdateOptions{})
			return err
		}, `ConfigMap "known" is invalid: data[a/b]: Invalid value: "a/b"`},
		"a new secret": {func() error {
			_, err := core.Secrets("default").Create(ctx, secret("new"), metav1.CreateOptions{})
			return err
		}, `Secret "new" is invalid: data[a/b]: Invalid value: "a/b"`},
		"a newer secret": {func() error {
			_, err := core.Secrets("default").Update(ctx, secret("known"), metav1.UpdateOptions{})
			return err
		}, `Secret "known" is invalid: data[a/b]: Invalid value: "a/b"`},
		"a new claim": {func() error {
			_, err := core.PersistentVolumeClaims("default").Create(ctx, claim("new"), metav1.CreateOptions{})
			return err
		}, `PersistentVolumeClaim "new" is invalid: spec.accessModes: Required value`},
		"a newer claim": {func() error {
			_, err := core.PersistentVolumeClaims("default").Update(ctx, claim("known"), metav1.UpdateOptions{})
			return err
		}, `PersistentVolumeClaim "known" is invalid: [spec.accessModes: Required value`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.send(); !apierrors.IsInvalid(err) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := core.Pods("default").Get(ctx, "new", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the refused pod: %v", err)
	}
}
