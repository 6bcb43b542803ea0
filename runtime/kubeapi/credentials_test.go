package kubeapi_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/runtime/kubeapi"
)

// serveToPods serves the API of a node whose pods reach it, too.
func serveToPods(t *testing.T) (*api, kubernetes.Interface) {
	t.Helper()
	api := serveWith(t, kubeapi.Config{RootCA: []byte("the authority's certificate")})
	return api, api.clients()
}

func createFrom(t *testing.T, clients kubernetes.Interface, text string, options metav1.CreateOptions) *corev1.Pod {
	t.Helper()
	var pod corev1.Pod
	if err := yaml.UnmarshalStrict([]byte(text), &pod); err != nil {
		t.Fatal(err)
	}
	created, err := clients.CoreV1().Pods("default").Create(t.Context(), &pod, options)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// credentialsOf are the mounts of credentials: the containers that have them, and the volumes of that name.
func credentialsOf(pod *corev1.Pod) (mounted []string, volumes []corev1.Volume) {
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		for _, m := range c.VolumeMounts {
			if strings.HasPrefix(m.Name, "kube-api-access-") {
				mounted = append(mounted, fmt.Sprintf("%s %s %v", c.Name, m.MountPath, m.ReadOnly))
			}
		}
	}
	for _, v := range pod.Spec.Volumes {
		if strings.HasPrefix(v.Name, "kube-api-access-") {
			volumes = append(volumes, v)
		}
	}
	return mounted, volumes
}

func TestPodsGetCredentials(t *testing.T) {
	_, clients := serveToPods(t)
	if _, err := clients.CoreV1().ServiceAccounts("default").Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "shy"}, AutomountServiceAccountToken: new(bool),
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	const place = "/var/run/secrets/kubernetes.io/serviceaccount"
	for name, c := range map[string]struct {
		spec    string
		mounted string
		volumes int
	}{
		"all containers":                     {"initContainers: [{name: i, image: x}], containers: [{name: a, image: x}, {name: b, image: x}]", "i a b", 1},
		"a container with its own":           {"volumes: [{name: v, emptyDir: {}}], containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: " + place + "/}]}, {name: b, image: x}]", "b", 1},
		"only containers with their own":     {"volumes: [{name: v, emptyDir: {}}], containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: " + place + "}]}]", "", 0},
		"a pod that wants none":              {"automountServiceAccountToken: false, containers: [{name: a, image: x}]", "", 0},
		"an account that wants none":         {"serviceAccountName: shy, containers: [{name: a, image: x}]", "", 0},
		"a pod that wants them all the same": {"serviceAccountName: shy, automountServiceAccountToken: true, containers: [{name: a, image: x}]", "a", 1},
		"an account that is not there":       {"serviceAccountName: missing, containers: [{name: a, image: x}]", "a", 1},
		"a manifest of a pod that ran":       {"volumes: [{name: kube-api-access-abcde, emptyDir: {}}], containers: [{name: a, image: x, volumeMounts: [{name: kube-api-access-abcde, readOnly: true, mountPath: " + place + "}]}, {name: b, image: x}]", "a b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			pod := createFrom(t, clients, "{metadata: {generateName: p-}, spec: {"+c.spec+"}}", metav1.CreateOptions{})
			mounted, volumes := credentialsOf(pod)
			var want []string
			for _, container := range strings.Fields(c.mounted) {
				want = append(want, container+" "+place+" true")
			}
			if fmt.Sprint(mounted) != fmt.Sprint(want) || len(volumes) != c.volumes {
				t.Errorf("mounted %q, want %q; volumes %+v", mounted, want, volumes)
			}
		})
	}
}

// TestCredentialsAreThoseOfACluster holds them against what an API server adds (S1.3).
func TestCredentialsAreThoseOfACluster(t *testing.T) {
	_, clients := serveToPods(t)
	pod := createFrom(t, clients, "{metadata: {name: p}, spec: {containers: [{name: a, image: x}]}}", metav1.CreateOptions{})
	_, volumes := credentialsOf(pod)
	if len(volumes) != 1 {
		t.Fatalf("%+v", volumes)
	}
	text, err := yaml.Marshal(volumes[0].VolumeSource)
	if err != nil {
		t.Fatal(err)
	}
	const want = `projected:
  defaultMode: 420
  sources:
  - serviceAccountToken:
      expirationSeconds: 3607
      path: token
  - configMap:
      items:
      - key: ca.crt
        path: ca.crt
      name: kube-root-ca.crt
  - downwardAPI:
      items:
      - fieldRef:
          apiVersion: v1
          fieldPath: metadata.namespace
        path: namespace
`
	if string(text) != want || len(volumes[0].Name) != len("kube-api-access-")+5 {
		t.Errorf("%s\n%s", volumes[0].Name, text)
	}
	if other := createFrom(t, clients, "{metadata: {name: q}, spec: {containers: [{name: a, image: x}]}}", metav1.CreateOptions{}); other.Spec.Volumes[0].Name == volumes[0].Name {
		t.Error("two pods have a volume of one name")
	}
	tried := createFrom(t, clients, "{metadata: {name: r}, spec: {containers: [{name: a, image: x}]}}", metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if mounted, _ := credentialsOf(tried); len(mounted) != 1 {
		t.Error("a dry run tells of no credentials")
	}
}

func TestPodsGetNoCredentialsUnasked(t *testing.T) {
	clients := serve(t).clients()
	pod := createFrom(t, clients, "{metadata: {name: p}, spec: {containers: [{name: a, image: x}]}}", metav1.CreateOptions{})
	if mounted, volumes := credentialsOf(pod); mounted != nil || volumes != nil {
		t.Errorf("%v, %v", mounted, volumes)
	}
	if _, err := clients.CoreV1().ConfigMaps("default").Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

func TestEveryNamespaceHasTheAuthoritysCertificate(t *testing.T) {
	api, clients := serveToPods(t)
	go api.handler.Run(api.ctx)
	holds := func(namespace string) {
		t.Helper()
		err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
			found, err := clients.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
			return err == nil && len(found.Data) == 1 && found.Data["ca.crt"] == "the authority's certificate", nil
		})
		if err != nil {
			t.Errorf("%s: %v", namespace, err)
		}
	}
	holds("default")
	holds("kube-system")
	if _, err := clients.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "later"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	holds("later")
	if err := clients.CoreV1().ConfigMaps("later").Delete(t.Context(), "kube-root-ca.crt", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	holds("later")
	if _, err := clients.CoreV1().ConfigMaps("later").Update(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "kube-root-ca.crt"}, Data: map[string]string{"ca.crt": "forged", "more": ""},
	}, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	holds("later")
	if err := clients.CoreV1().Namespaces().Delete(t.Context(), "later", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		_, err := clients.CoreV1().Namespaces().Get(ctx, "later", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
	if err != nil {
		t.Error("the certificate keeps the namespace from ending")
	}
}
