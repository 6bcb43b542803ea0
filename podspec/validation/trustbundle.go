package validation

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxTrustBundle is how much a bundle may hold, in bytes.
const maxTrustBundle = 1 << 20

// ValidateTrustBundle returns what the API server finds wrong with a ClusterTrustBundle.
func ValidateTrustBundle(bundle *certificatesv1.ClusterTrustBundle) field.ErrorList {
	return append(validateTrustBundleIdentity(bundle), validateTrustAnchors(bundle.Spec.TrustBundle, field.NewPath("spec", "trustBundle"))...)
}

// ValidateTrustBundleUpdate returns what it finds wrong with a change. Trust anchors that stay the same are not looked at again.
func ValidateTrustBundleUpdate(newer, older *certificatesv1.ClusterTrustBundle) field.ErrorList {
	errs := validateTrustBundleIdentity(newer)
	if newer.Spec.TrustBundle != older.Spec.TrustBundle {
		errs = append(errs, validateTrustAnchors(newer.Spec.TrustBundle, field.NewPath("spec", "trustBundle"))...)
	}
	errs = append(errs, apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
	return append(errs, apivalidation.ValidateImmutableField(newer.Spec.SignerName, older.Spec.SignerName, field.NewPath("spec", "signerName"))...)
}

func validateTrustBundleIdentity(bundle *certificatesv1.ClusterTrustBundle) field.ErrorList {
	signer := bundle.Spec.SignerName
	named := func(name string, prefix bool) []string {
		own := strings.ReplaceAll(signer, "/", ":") + ":"
		switch {
		case signer == "" && strings.Contains(name, ":"):
			return []string{`ClusterTrustBundle without signer name must not have ":" in its name`}
		case signer == "":
			return apivalidation.NameIsDNSSubdomain(name, prefix)
		case !strings.HasPrefix(name, own):
			return []string{fmt.Sprintf("ClusterTrustBundle for signerName %s must be named with prefix %s", signer, own)}
		}
		return apivalidation.NameIsDNSSubdomain(strings.TrimPrefix(name, own), prefix)
	}
	errs := inStableOrder(apivalidation.ValidateObjectMeta(&bundle.ObjectMeta, false, named, field.NewPath("metadata")))
	if signer != "" {
		errs = append(errs, validateSigner(signer, field.NewPath("spec", "signerName"))...)
	}
	return errs
}

// validateTrustAnchors wants at least one certificate of an authority, each once, and nothing else in PEM.
func validateTrustAnchors(anchors string, at *field.Path) field.ErrorList {
	if len(anchors) > maxTrustBundle {
		return field.ErrorList{field.TooLong(at, "", maxTrustBundle)}
	}
	var errs field.ErrorList
	complain := func(format string, values ...any) {
		errs = append(errs, field.Invalid(at, "<value omitted>", fmt.Sprintf(format, values...)))
	}
	found := map[string][]int{}
	block, rest := pem.Decode([]byte(anchors))
	for i := 0; block != nil; i++ {
		switch complaint := anchorComplaint(block); complaint {
		case "":
			found[string(block.Bytes)] = append(found[string(block.Bytes)], i)
		default:
			complain("entry %d %s", i, complaint)
		}
		block, rest = pem.Decode(rest)
	}
	if len(errs) > 0 {
		return errs
	}
	if len(found) == 0 {
		complain("at least one trust anchor must be provided")
	}
	for _, anchor := range slices.Sorted(maps.Keys(found)) {
		if places := found[anchor]; len(places) > 1 {
			complain("duplicate trust anchor (indices %v)", places)
		}
	}
	return errs
}

// anchorComplaint says why a block is no certificate of an authority; "" if it is one.
func anchorComplaint(block *pem.Block) string {
	if block.Type != "CERTIFICATE" {
		return "has bad block type: " + block.Type
	}
	if len(block.Headers) > 0 {
		return "has PEM block headers"
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		return "does not parse as X.509"
	case !certificate.IsCA:
		return "does not have the CA bit set"
	case !certificate.BasicConstraintsValid:
		return "has invalid basic constraints"
	}
	return ""
}
