package volumes

import (
	"archive/tar"
	"fmt"
	"io"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

// What the tests of the package share: pods written as a user writes them, objects, and a readable form of an archive.

func podOf(t *testing.T, manifest string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	pod.Name, pod.Namespace, pod.UID = "p", "ns", "u"
	if err := yaml.UnmarshalStrict([]byte(manifest), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

type objects struct {
	configMaps   map[string]*corev1.ConfigMap
	secrets      map[string]*corev1.Secret
	trustBundles []*certificatesv1.ClusterTrustBundle
}

func (o objects) TrustBundles() []*certificatesv1.ClusterTrustBundle { return o.trustBundles }

func (o objects) ConfigMap(namespace, name string) (*corev1.ConfigMap, bool) {
	c, ok := o.configMaps[namespace+"/"+name]
	return c, ok
}

func (o objects) Secret(namespace, name string) (*corev1.Secret, bool) {
	s, ok := o.secrets[namespace+"/"+name]
	return s, ok
}

func (o objects) ServiceAccountToken(_ *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, error) {
	return "token for " + source.Audience, nil
}

var someObjects = objects{
	configMaps: map[string]*corev1.ConfigMap{"ns/cm": {
		Data:       map[string]string{"one": "1\n", "two.conf": "2\n"},
		BinaryData: map[string][]byte{"bin": {0, 1, 2}},
	}},
	secrets: map[string]*corev1.Secret{"ns/s": {Data: map[string][]byte{"user": []byte("u"), "pass": []byte("p")}}},
}

var someNode = Node{ID: "n", Allocatable: corev1.ResourceList{
	corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("1Gi"),
}}

func planOf(t *testing.T, manifest string) *Plan {
	t.Helper()
	plan, err := NewPlan(podOf(t, manifest), someNode, someObjects)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

var someTime = time.Date(2026, 11, 22, 17, 12, 40, 0, time.UTC)

func someSuffix() string { return "1009537563" }

// listing writes an archive as lines "<mode> <uid>:<gid> <path> [-> target] [content]".
func listing(t *testing.T, a *Archive) []string {
	t.Helper()
	content, err := a.Reader()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	r := tar.NewReader(content)
	for {
		header, err := r.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%04o %d:%d %s", header.Mode, header.Uid, header.Gid, header.Name)
		switch header.Typeflag {
		case tar.TypeSymlink:
			line += " -> " + header.Linkname
		case tar.TypeReg:
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			line += fmt.Sprintf(" %q", content)
		}
		lines = append(lines, line)
	}
}
