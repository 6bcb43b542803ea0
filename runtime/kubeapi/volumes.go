package kubeapi

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
)

// volumes are what holds the data of claims. The node makes one for each claim, as a cluster's provisioner does, and nobody else makes any.
func volumes(config Config) *resource[*corev1.PersistentVolume] {
	return &resource[*corev1.PersistentVolume]{
		collection: config.Store.Volumes, singular: "persistentvolume", shortNames: []string{"pv"}, clusterScoped: true,
		newObject: func() *corev1.PersistentVolume { return &corev1.PersistentVolume{} },
		newList:   func() runtime.Object { return &corev1.PersistentVolumeList{} },
		table:     volumeTable(),
		fields:    func(v *corev1.PersistentVolume) fields.Set { return fields.Set{"metadata.name": v.Name} },
	}
}

func volumeTable() table[*corev1.PersistentVolume] {
	return table[*corev1.PersistentVolume]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Capacity", "Size of the volume."), column("Access Modes", "Ways in which it can be mounted."),
			column("Reclaim Policy", "What becomes of it when its claim is deleted."), column("Status", "Phase of the volume."),
			column("Claim", "Claim that is bound to it."), column("StorageClass", "Storage class of the volume."),
			column("VolumeAttributesClass", "Volume attributes class of the volume."), column("Reason", "Why it is in its phase."), ageColumn(),
			wide("VolumeMode", "Whether the volume has a file system."),
		},
		row: func(v *corev1.PersistentVolume, now time.Time) metav1.TableRow {
			size, claim := v.Spec.Capacity[corev1.ResourceStorage], ""
			if of := v.Spec.ClaimRef; of != nil {
				claim = of.Namespace + "/" + of.Name
			}
			return cells(v.Name, size.String(), shortAccessModes(v.Spec.AccessModes), string(v.Spec.PersistentVolumeReclaimPolicy),
				string(v.Status.Phase), claim, v.Spec.StorageClassName, valueOr(v.Spec.VolumeAttributesClassName, "<unset>"), v.Status.Reason,
				since(v.CreationTimestamp.Time, now), string(valueOr(v.Spec.VolumeMode, "<unset>")))
		},
	}
}
