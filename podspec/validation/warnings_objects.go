package validation

import (
	"crypto/tls"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
)

// SecretWarnings are those that an API server sends about a Secret that it accepts: a certificate and a key that do not belong
// together. The Secret is as it was written. No text holds a value of it.
func SecretWarnings(secret *corev1.Secret) []Warning {
	secret = secret.DeepCopy()
	defaults.Secret(secret)
	if secret.Type != corev1.SecretTypeTLS {
		return nil
	}
	if _, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]); err != nil {
		return []Warning{{field.NewPath("data").String(), err.Error()}}
	}
	return nil
}

// ClaimWarnings are those that an API server sends about a PersistentVolumeClaim that it accepts. The claim is as it was written.
func ClaimWarnings(claim *corev1.PersistentVolumeClaim) []Warning {
	claim = claim.DeepCopy()
	defaults.Claim(claim)
	w := &warner{}
	if _, ok := claim.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		w.at(field.NewPath("metadata", "annotations").Key(corev1.BetaStorageClassAnnotation),
			`deprecated since v1.8; use "storageClassName" attribute instead`)
	}
	w.claim(&claim.Spec, field.NewPath("spec"))
	return w.found
}

// enforcesMountableSecrets is the annotation that once kept the pods of an account from Secrets that it does not name.
const enforcesMountableSecrets = "kubernetes.io/enforce-mountable-secrets"

// AccountWarnings are those that an API server sends about a ServiceAccount that it accepts.
func AccountWarnings(account *corev1.ServiceAccount) []Warning {
	w := &warner{}
	if _, ok := account.Annotations[enforcesMountableSecrets]; ok {
		w.at(field.NewPath("metadata", "annotations").Key(enforcesMountableSecrets),
			"deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")
	}
	return w.found
}
