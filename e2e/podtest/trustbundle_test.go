package podtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// roots is a bundle of that name with a new authority.
func roots(t *testing.T, name string) Option {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, authority, authority, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return Objects(&certificatesv1.ClusterTrustBundle{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: certificatesv1.ClusterTrustBundleSpec{
		TrustBundle: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
	}})
}

// ClusterTrustBundles are in no namespace, and so do not go with one.
func TestATrustBundleIsThereAsLongAsATestUsesIt(t *testing.T) {
	RequireEngine(t)
	t.Parallel()
	api := Up(t, YAML(sleeper)).Client().CertificatesV1().ClusterTrustBundles() // which keeps the node
	const name = "podtest-roots"
	bundle, other := roots(t, name), roots(t, name)
	there := func() bool {
		_, err := api.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
		return err == nil
	}
	first := newRehearsal(t, "first")
	first.run(func() {
		Up(first, YAML(sleeper), bundle)
		second := newRehearsal(t, "second")
		second.run(func() { Up(second, YAML(sleeper), bundle) })
		if err := second.err(); err != nil {
			t.Errorf("another test with the same bundle: %v", err)
		}
		if !there() {
			t.Error("the bundle goes with the first test that used it")
		}
		third := newRehearsal(t, "third")
		third.run(func() { Up(third, YAML(sleeper), other) })
		if err := third.err(); err == nil || !strings.Contains(err.Error(), `there is a ClusterTrustBundle "podtest-roots" already, and it has other content`) {
			t.Errorf("a test with another bundle of the same name: %v", err)
		}
	})
	if err := first.err(); err != nil {
		t.Error(err)
	}
	if there() {
		t.Error("the bundle outlives the tests that used it")
	}
}
