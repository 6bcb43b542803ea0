package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (p *projection) trustBundle(b *corev1.ClusterTrustBundleProjection, at *field.Path) {
	switch {
	case b.Name != nil && b.SignerName != nil:
		p.add(field.Invalid(at, trustBundleAsServerPrints(b), "only one of name and signerName may be used"))
	case b.Name != nil:
		if *b.Name == "" {
			p.add(field.Required(at.Child("name"), "must be a valid object name"))
		}
		for _, complaint := range trustBundleNameComplaints(*b.Name) {
			p.add(field.Invalid(at.Child("name"), *b.Name, "not a valid clustertrustbundlename: "+complaint))
		}
		if b.LabelSelector != nil {
			p.add(field.Invalid(at.Child("labelSelector"), b.LabelSelector, "labelSelector must be unset if name is specified"))
		}
	case b.SignerName != nil:
		if *b.SignerName == "" {
			p.add(field.Required(at.Child("signerName"), "must be a valid signer name"))
		}
		p.add(validateSigner(*b.SignerName, at.Child("signerName"))...)
		p.add(validateSelector(b.LabelSelector, at.Child("labelSelector"))...)
	default:
		p.add(field.Required(at, "either name or signerName must be specified"))
	}
	if b.Path == "" {
		p.add(field.Required(at.Child("path"), ""))
	}
	p.add(validateID(b.User, validation.IsValidUserID, at.Child("user"))...)
	p.add(validateFileInVolume(b.Path, at.Child("path"))...)
	p.take(b.Path, b.Path)
}

// trustBundleNameComplaints checks the name of a bundle: one with a signer begins with the signer's, a colon for each slash.
func trustBundleNameComplaints(name string) []string {
	if i := strings.LastIndex(name, ":"); i > 0 {
		name = name[i+1:]
	} else if i == 0 {
		return []string{`ClusterTrustBundle without signer name must not have ":" in its name`}
	}
	return apivalidation.NameIsDNSSubdomain(name, false)
}

// certificateKeys are the types of keys that a pod's certificate can have.
var certificateKeys = []string{"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"}

// How long a certificate may live, in seconds: at least an hour, at most 91 days, and a day where Kubernetes itself signs.
const (
	shortestCertificate          = 60 * 60
	longestCertificate           = 91 * 24 * 60 * 60
	longestKubernetesCertificate = 24 * 60 * 60
	kubernetesSignerDomain       = "kubernetes.io"
)

func (p *projection) certificate(c *corev1.PodCertificateProjection, at *field.Path) {
	p.add(validateSigner(c.SignerName, at.Child("signerName"))...)
	p.add(validateUserAnnotations(c.UserAnnotations, at.Child("userAnnotations"))...)
	p.add(validateID(c.User, validation.IsValidUserID, at.Child("user"))...)
	if !slices.Contains(certificateKeys, c.KeyType) {
		p.add(field.NotSupported(at.Child("keyType"), c.KeyType, certificateKeys))
	}
	if seconds := c.MaxExpirationSeconds; seconds != nil {
		longest := int32(longestCertificate)
		if domain, _, _ := strings.Cut(c.SignerName, "/"); domain == kubernetesSignerDomain || strings.HasSuffix(domain, "."+kubernetesSignerDomain) {
			longest = longestKubernetesCertificate
		}
		switch expiration := at.Child("maxExpirationSeconds"); {
		case *seconds < shortestCertificate:
			p.add(field.Invalid(expiration, *seconds, fmt.Sprintf("if provided, maxExpirationSeconds must be >= %d", shortestCertificate)))
		case *seconds > longest:
			p.add(field.Invalid(expiration, *seconds, fmt.Sprintf("if provided, maxExpirationSeconds must be <= %d", longest)))
		}
	}
	found := false
	for _, file := range []struct{ field, path string }{
		{"credentialBundlePath", c.CredentialBundlePath}, {"keyPath", c.KeyPath}, {"certificateChainPath", c.CertificateChainPath},
	} {
		if file.path != "" {
			found = true
			p.add(validateFileInVolume(file.path, at.Child(file.field))...)
			p.take(file.path, file.path)
		}
	}
	if !found {
		p.add(field.Required(at, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"))
	}
}

// validateUserAnnotations checks what a certificate request hands to its signer.
func validateUserAnnotations(annotations map[string]string, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(annotations) {
		errs = append(errs, validation.IsDomainPrefixedKey(at, strings.ToLower(key))...)
	}
	if apivalidation.ValidateAnnotationsSize(annotations) != nil {
		errs = append(errs, field.TooLong(at, "", apivalidation.TotalAnnotationSizeLimitB))
	}
	return inStableOrder(errs)
}

// validateSigner checks the name of a signer of certificates, a domain of at least two labels and a path of one element.
func validateSigner(name string, at *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	domain, signer, found := strings.Cut(name, "/")
	if !found || strings.Contains(signer, "/") {
		return field.ErrorList{field.Invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")}
	}
	var errs field.ErrorList
	const longestDomain = validation.DNS1123SubdomainMaxLength
	if len(domain) > longestDomain {
		errs = append(errs, field.TooLong(at, "", longestDomain))
	}
	errs = append(errs, validateParts(domain, validation.IsDNS1123Label, at)...)
	if !strings.Contains(domain, ".") {
		errs = append(errs, field.Invalid(at, domain, "should be a domain with at least two segments separated by dots"))
	}
	errs = append(errs, validateParts(signer, validation.IsDNS1123Subdomain, at)...)
	// Behind the slash there is room for a label, a dot and a subdomain.
	const longest = longestDomain + 1 + validation.DNS1123LabelMaxLength + 1 + validation.DNS1123SubdomainMaxLength
	if len(name) > longest {
		errs = append(errs, field.TooLong(at, "", longest))
	}
	return errs
}

// validateParts checks what stands between the dots of a value, up to the first part that is wrong.
func validateParts(value string, complaints func(string) []string, at *field.Path) field.ErrorList {
	for _, part := range strings.Split(value, ".") {
		var errs field.ErrorList
		for _, complaint := range complaints(part) {
			errs = append(errs, field.Invalid(at, value, fmt.Sprintf("validating label %q: %s", part, complaint)))
		}
		if len(errs) > 0 {
			return errs
		}
	}
	return nil
}
