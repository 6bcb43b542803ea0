package kubeapi

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// table is how `kubectl get` shows a kind: its columns and the cells of one object.
type table[T any] struct {
	columns []metav1.TableColumnDefinition
	row     func(object T, now time.Time) metav1.TableRow
}

// column is a column of the narrow table, wide one that only -o wide shows.
func column(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description}
}

func wide(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description, Priority: 1}
}

func count(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "integer", Description: description}
}

func nameColumn() metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: "Name", Type: "string", Format: "name", Description: "Name of the object, unique within its namespace."}
}

func ageColumn() metav1.TableColumnDefinition {
	return column("Age", "Time since the object was created.")
}

// unknown stands in tables for what nobody told.
const unknown = "<unknown>"

// since is an age as kubectl writes it, such as 12s or 3m4s; "<unknown>" for no time.
func since(then, now time.Time) string {
	if then.IsZero() {
		return unknown
	}
	return duration.HumanDuration(now.Sub(then))
}

func cells(values ...any) metav1.TableRow { return metav1.TableRow{Cells: values} }

func configMapTable() table[*corev1.ConfigMap] {
	return table[*corev1.ConfigMap]{
		columns: []metav1.TableColumnDefinition{nameColumn(), count("Data", "Number of keys."), ageColumn()},
		row: func(configMap *corev1.ConfigMap, now time.Time) metav1.TableRow {
			return cells(configMap.Name, len(configMap.Data)+len(configMap.BinaryData), since(configMap.CreationTimestamp.Time, now))
		},
	}
}

func secretTable() table[*corev1.Secret] {
	return table[*corev1.Secret]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Type", "Type of the secret."), count("Data", "Number of keys."), ageColumn(),
		},
		row: func(secret *corev1.Secret, now time.Time) metav1.TableRow {
			return cells(secret.Name, string(secret.Type), len(secret.Data), since(secret.CreationTimestamp.Time, now))
		},
	}
}

func namespaceTable() table[*corev1.Namespace] {
	return table[*corev1.Namespace]{
		columns: []metav1.TableColumnDefinition{nameColumn(), column("Status", "Phase of the namespace."), ageColumn()},
		row: func(namespace *corev1.Namespace, now time.Time) metav1.TableRow {
			return cells(namespace.Name, string(namespace.Status.Phase), since(namespace.CreationTimestamp.Time, now))
		},
	}
}

func claimTable() table[*corev1.PersistentVolumeClaim] {
	return table[*corev1.PersistentVolumeClaim]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Status", "Phase of the claim."), column("Volume", "Volume that the claim is bound to."),
			column("Capacity", "Size of the bound volume."), column("Access Modes", "Access modes of the bound volume."),
			column("StorageClass", "Storage class that the claim asks for."),
			column("VolumeAttributesClass", "Volume attributes class that the claim asks for."), ageColumn(),
			wide("VolumeMode", "Whether the volume has a file system."),
		},
		row: func(claim *corev1.PersistentVolumeClaim, now time.Time) metav1.TableRow {
			status, capacity, modes := string(claim.Status.Phase), "", ""
			if claim.DeletionTimestamp != nil {
				status = "Terminating"
			}
			if claim.Spec.VolumeName != "" {
				size := claim.Status.Capacity[corev1.ResourceStorage]
				capacity, modes = size.String(), shortAccessModes(claim.Status.AccessModes)
			}
			return cells(claim.Name, status, claim.Spec.VolumeName, capacity, modes,
				valueOr(claim.Spec.StorageClassName, ""), valueOr(claim.Spec.VolumeAttributesClassName, "<unset>"),
				since(claim.CreationTimestamp.Time, now), string(valueOr(claim.Spec.VolumeMode, "<unset>")))
		},
	}
}

// shortAccessModes writes access modes as kubectl does, such as RWO,ROX.
func shortAccessModes(modes []corev1.PersistentVolumeAccessMode) string {
	var short []string
	for _, mode := range []struct {
		mode  corev1.PersistentVolumeAccessMode
		short string
	}{{corev1.ReadWriteOnce, "RWO"}, {corev1.ReadOnlyMany, "ROX"}, {corev1.ReadWriteMany, "RWX"}, {corev1.ReadWriteOncePod, "RWOP"}} {
		if slices.Contains(modes, mode.mode) {
			short = append(short, mode.short)
		}
	}
	return strings.Join(short, ",")
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
