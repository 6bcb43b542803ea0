package defaults

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// dataSources does what the API server does with the two fields of a claim that say where its data comes from: dataSourceRef may
// not point into another namespace, since that feature is off, dataSource may only name a claim or a snapshot, and each is copied
// into the other where that is empty.
func dataSources(spec *corev1.PersistentVolumeClaimSpec) {
	if spec.DataSourceRef != nil && ptr.Deref(spec.DataSourceRef.Namespace, "") != "" {
		spec.DataSourceRef = nil
	}
	switch source, ref := spec.DataSource, spec.DataSourceRef; {
	case ref == nil && !isClaimOrSnapshot(source):
		spec.DataSource = nil
	case ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: source.APIGroup, Kind: source.Kind, Name: source.Name}
	case source == nil:
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: ref.APIGroup, Kind: ref.Kind, Name: ref.Name}
	}
}

func isClaimOrSnapshot(source *corev1.TypedLocalObjectReference) bool {
	if source == nil {
		return false
	}
	switch ptr.Deref(source.APIGroup, "") {
	case "":
		return source.Kind == "PersistentVolumeClaim"
	case "snapshot.storage.k8s.io":
		return source.Kind == "VolumeSnapshot"
	default:
		return false
	}
}
