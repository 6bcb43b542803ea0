package validation

import (
	"slices"
	"strings"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const anAuthority = `-----BEGIN CERTIFICATE-----
MIIBbjCCARWgAwIBAgIUb+1fW1eFQA4hGRCDPdY+nEQAyH4wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYTAgFw0yNjExMjMxMjI5MjZaGA8yMTI2MTAzMDEyMjkyNlow
DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA4xApn2RCDt
viBkuBditNqxkcXft2RtZy7XGr1fUR58yhCrUfYHMy7AM0LMuxjWlgWjPGO/oHPM
w7rF4VBNyLajUzBRMB0GA1UdDgQWBBRmGrb16Il5T4cY4lszf36hheTACzAfBgNV
HSMEGDAWgBRmGrb16Il5T4cY4lszf36hheTACzAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0cAMEQCIFLl3OKdmJIEnVUf38gHv0Y0kxxi7bGIAeeTILsY1WAU
AiAgvTcyrl1vcPaqRaLvBp+D1hO6SANioqAJsq5DK8Z9+A==
-----END CERTIFICATE-----
`

const noAuthority = `-----BEGIN CERTIFICATE-----
MIIBcjCCARigAwIBAgIUPiHeqvHYSo+Gr4K/yePU2YEFStQwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbGVhZjAgFw0yNjExMjMxMjI5MjZaGA8yMTI2MTAzMDEyMjky
NlowDzENMAsGA1UEAwwEbGVhZjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC9W
lfLOBDJn63dt69mweEMt12J8LaZ+fa0dxKbImJaRm3ghlXUaqAsKsy1sWkL+hb0I
7dkNmcGueghNBihv2pajUDBOMB0GA1UdDgQWBBTeRlXTcmPlHnUZDRlWo1VdmxO+
azAfBgNVHSMEGDAWgBTeRlXTcmPlHnUZDRlWo1VdmxO+azAMBgNVHRMBAf8EAjAA
MAoGCCqGSM49BAMCA0gAMEUCIEKYeAf+WX81jqPnmAFiVDQOt8fW3Af1G4WwNO87
nOfgAiEAvQ3iIBn/4ffM47/sWWNVScMcUjXdT35SXiyLrP1eTsg=
-----END CERTIFICATE-----
`

func trustBundle(name, signer, anchors string) *certificatesv1.ClusterTrustBundle {
	return &certificatesv1.ClusterTrustBundle{
		ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "1"}, Spec: certificatesv1.ClusterTrustBundleSpec{SignerName: signer, TrustBundle: anchors},
	}
}

func TestTrustBundles(t *testing.T) {
	const omitted = `spec.trustBundle: Invalid value: "<value omitted>": `
	for _, row := range []struct {
		what, name, signer, anchors string
		want                        []string
	}{
		{"an authority", "roots", "", "a comment\n" + anAuthority, nil},
		{"of a signer", "example.com:s:one", "example.com/s", anAuthority, nil},
		{"a name as of a signer", "a:b", "", anAuthority, []string{`metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name`}},
		{"a name without its signer", "one", "example.com/s", anAuthority, []string{
			`metadata.name: Invalid value: "one": ClusterTrustBundle for signerName example.com/s must be named with prefix example.com:s:`}},
		{"nothing", "roots", "", "", []string{omitted + "at least one trust anchor must be provided"}},
		{"twice", "roots", "", anAuthority + anAuthority, []string{omitted + "duplicate trust anchor (indices [0 1])"}},
		{"no authority", "roots", "", anAuthority + noAuthority, []string{omitted + "entry 1 does not have the CA bit set"}},
		{"a key", "roots", "", strings.ReplaceAll(anAuthority, "CERTIFICATE", "PRIVATE KEY"), []string{omitted + "entry 0 has bad block type: PRIVATE KEY"}},
		{"no certificate", "roots", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", []string{omitted + "entry 0 does not parse as X.509"}},
		{"too much", "roots", "", strings.Repeat("x", maxTrustBundle+1), []string{"spec.trustBundle: Too long: may not be more than 1048576 bytes"}},
	} {
		var got []string
		for _, err := range ValidateTrustBundle(trustBundle(row.name, row.signer, row.anchors)) {
			got = append(got, err.Error())
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q", row.what, got)
		}
	}
	if errs := ValidateTrustBundleUpdate(trustBundle("roots", "", "old"), trustBundle("roots", "", "old")); len(errs) > 0 {
		t.Errorf("trust anchors that stay are looked at: %v", errs)
	}
	if errs := ValidateTrustBundleUpdate(trustBundle("roots", "", "new"), trustBundle("roots", "", "old")); len(errs) != 1 {
		t.Errorf("new trust anchors are not looked at: %v", errs)
	}
}
