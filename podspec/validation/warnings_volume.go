package validation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// volumes warns of kinds of volumes that have gone, of claims for a part of a byte, and of files that get into each other's way.
func (w *warner) volumes(volumes []corev1.Volume, path *field.Path) {
	for i := range volumes {
		w.goneKinds(&volumes[i], path.Index(i))
		if e := volumes[i].Ephemeral; e != nil && e.VolumeClaimTemplate != nil {
			w.claim(&e.VolumeClaimTemplate.Spec, path.Index(i).Child("ephemeral", "volumeClaimTemplate", "spec"))
		}
	}
	for i := range volumes {
		w.files(&volumes[i], path.Index(i))
	}
}

func (w *warner) claim(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) {
	w.fraction(spec.Resources.Requests, corev1.ResourceStorage, path.Child("resources", "requests"))
	w.fraction(spec.Resources.Limits, corev1.ResourceStorage, path.Child("resources", "limits"))
}

func (w *warner) goneKinds(v *corev1.Volume, path *field.Path) {
	for _, gone := range []struct {
		field, text string
		set         bool
	}{
		{"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+", v.PhotonPersistentDisk != nil},
		{"gitRepo", "deprecated in v1.11, and disabled by default in v1.33+", v.GitRepo != nil},
		{"scaleIO", "deprecated in v1.16, non-functional in v1.22+", v.ScaleIO != nil},
		{"flocker", "deprecated in v1.22, non-functional in v1.25+", v.Flocker != nil},
		{"storageOS", "deprecated in v1.22, non-functional in v1.25+", v.StorageOS != nil},
		{"quobyte", "deprecated in v1.22, non-functional in v1.25+", v.Quobyte != nil},
		{"glusterfs", "deprecated in v1.25, non-functional in v1.26+", v.Glusterfs != nil},
		{"cephfs", "deprecated in v1.28, non-functional in v1.31+", v.CephFS != nil},
		{"rbd", "deprecated in v1.28, non-functional in v1.31+", v.RBD != nil},
	} {
		if gone.set {
			w.at(path.Child(gone.field), "%s", gone.text)
		}
	}
}

func (w *warner) files(v *corev1.Volume, path *field.Path) {
	switch {
	case v.ConfigMap != nil:
		w.overlaps(v.Name, fmt.Sprintf("ConfigMap %q", v.ConfigMap.Name), itemFiles(v.ConfigMap.Items, ""), path)
	case v.Secret != nil:
		w.overlaps(v.Name, fmt.Sprintf("Secret %q", v.Secret.SecretName), itemFiles(v.Secret.Items, ""), path)
	case v.DownwardAPI != nil:
		w.overlaps(v.Name, "DownwardAPI", downwardFiles(v.DownwardAPI.Items, ""), path)
	case v.Projected != nil:
		var files []sourceFile
		for _, s := range v.Projected.Sources {
			if s == (corev1.VolumeProjection{}) {
				w.found = append(w.found, Warning{path.String(), fmt.Sprintf("volume %q (Projected) has no sources provided", v.Name)})
			}
			files = append(files, projectedFiles(s)...)
		}
		w.overlaps(v.Name, "Projected", files, path)
	}
}

// sourceFile is a file of a volume and what it is made of.
type sourceFile struct{ path, source string }

func (f sourceFile) String() string {
	if f.source == "" {
		return fmt.Sprintf("%q", f.path)
	}
	return fmt.Sprintf("%q (%s)", f.path, f.source)
}

func itemFiles(items []corev1.KeyToPath, source string) []sourceFile {
	var files []sourceFile
	for _, item := range items {
		files = append(files, sourceFile{item.Path, source})
	}
	return files
}

func downwardFiles(items []corev1.DownwardAPIVolumeFile, source string) []sourceFile {
	var files []sourceFile
	for _, item := range items {
		files = append(files, sourceFile{item.Path, source})
	}
	return files
}

func projectedFiles(s corev1.VolumeProjection) []sourceFile {
	switch {
	case s.ConfigMap != nil:
		return itemFiles(s.ConfigMap.Items, fmt.Sprintf("ConfigMap %q", s.ConfigMap.Name))
	case s.Secret != nil:
		return itemFiles(s.Secret.Items, fmt.Sprintf("Secret %q", s.Secret.Name))
	case s.DownwardAPI != nil:
		return downwardFiles(s.DownwardAPI.Items, "DownwardAPI")
	case s.ServiceAccountToken != nil:
		return []sourceFile{{s.ServiceAccountToken.Path, "ServiceAccountToken"}}
	case s.ClusterTrustBundle != nil:
		name := s.ClusterTrustBundle.Name
		if name == nil {
			name = s.ClusterTrustBundle.SignerName
		}
		if name == nil {
			return nil
		}
		return []sourceFile{{s.ClusterTrustBundle.Path, fmt.Sprintf("ClusterTrustBundle %q", *name)}}
	case s.PodCertificate != nil:
		return []sourceFile{{s.PodCertificate.CertificateChainPath, "PodCertificate chain"}, {s.PodCertificate.KeyPath, "PodCertificate key"},
			{s.PodCertificate.CredentialBundlePath, "PodCertificate credential bundle"}}
	default:
		return nil
	}
}

// overlaps warns of a file that takes the place of another, or lies below one.
func (w *warner) overlaps(volume, kind string, files []sourceFile, path *field.Path) {
	for i := range files {
		files[i].path = strings.TrimRight(files[i].path, "/")
		for _, other := range files[:i] {
			if a, b := files[i].path, other.path; a != "" && b != "" && (a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")) {
				w.found = append(w.found, Warning{path.String(), fmt.Sprintf("volume %q (%s): overlapping paths: %s with %s", volume, kind, files[i], other)})
			}
		}
	}
}
