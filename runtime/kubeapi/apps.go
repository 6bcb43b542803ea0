package kubeapi

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/validation"
)

func deployments(config Config) *resource[*appsv1.Deployment] {
	return &resource[*appsv1.Deployment]{
		collection: config.Store.Deployments, singular: "deployment", shortNames: []string{"deploy"}, categories: []string{"all"},
		newObject: func() *appsv1.Deployment { return &appsv1.Deployment{} },
		newList:   func() runtime.Object { return &appsv1.DeploymentList{} },
		table:     deploymentTable(), fields: metadataFields[*appsv1.Deployment],
		prepare: func(d *appsv1.Deployment) {
			d.Status, d.Generation = appsv1.DeploymentStatus{}, 1
			dropDisabled(&d.Spec.Template, config.FeatureGates)
		},
		check: func(d *appsv1.Deployment) field.ErrorList {
			return validation.ValidateDeployment(d, config.FeatureGates)
		},
		prepareUpdate: func(newer, older *appsv1.Deployment) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
			if newer.Generation == older.Generation && !equality.Semantic.DeepEqual(newer.Annotations, older.Annotations) {
				newer.Generation++ // ReplicaSets get a copy of them
			}
		},
		checkUpdate: func(newer, older *appsv1.Deployment) field.ErrorList {
			return validation.ValidateDeploymentUpdate(newer, older, config.FeatureGates)
		},
	}
}

func replicaSets(config Config) *resource[*appsv1.ReplicaSet] {
	return &resource[*appsv1.ReplicaSet]{
		collection: config.Store.ReplicaSets, singular: "replicaset", shortNames: []string{"rs"}, categories: []string{"all"},
		newObject: func() *appsv1.ReplicaSet { return &appsv1.ReplicaSet{} },
		newList:   func() runtime.Object { return &appsv1.ReplicaSetList{} },
		table:     replicaSetTable(),
		fields: func(r *appsv1.ReplicaSet) fields.Set {
			return with(metadataFields(r), fields.Set{"status.replicas": strconv.Itoa(int(r.Status.Replicas))})
		},
		prepare: func(r *appsv1.ReplicaSet) {
			r.Status, r.Generation = appsv1.ReplicaSetStatus{}, 1
			dropDisabled(&r.Spec.Template, config.FeatureGates)
		},
		check: func(r *appsv1.ReplicaSet) field.ErrorList {
			return validation.ValidateReplicaSet(r, config.FeatureGates)
		},
		prepareUpdate: func(newer, older *appsv1.ReplicaSet) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
		},
		checkUpdate: func(newer, older *appsv1.ReplicaSet) field.ErrorList {
			return validation.ValidateReplicaSetUpdate(newer, older, config.FeatureGates)
		},
	}
}

func statefulSets(config Config) *resource[*appsv1.StatefulSet] {
	return &resource[*appsv1.StatefulSet]{
		collection: config.Store.StatefulSets, singular: "statefulset", shortNames: []string{"sts"}, categories: []string{"all"},
		newObject: func() *appsv1.StatefulSet { return &appsv1.StatefulSet{} },
		newList:   func() runtime.Object { return &appsv1.StatefulSetList{} },
		table:     statefulSetTable(), fields: metadataFields[*appsv1.StatefulSet],
		prepare: func(s *appsv1.StatefulSet) {
			s.Status, s.Generation = appsv1.StatefulSetStatus{}, 1
			dropDisabled(&s.Spec.Template, config.FeatureGates)
		},
		check: func(s *appsv1.StatefulSet) field.ErrorList {
			return validation.ValidateStatefulSet(s, config.FeatureGates)
		},
		prepareUpdate: func(newer, older *appsv1.StatefulSet) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
		},
		checkUpdate: func(newer, older *appsv1.StatefulSet) field.ErrorList {
			return validation.ValidateStatefulSetUpdate(newer, older, config.FeatureGates)
		},
	}
}

func daemonSets(config Config) *resource[*appsv1.DaemonSet] {
	return &resource[*appsv1.DaemonSet]{
		collection: config.Store.DaemonSets, singular: "daemonset", shortNames: []string{"ds"}, categories: []string{"all"},
		newObject: func() *appsv1.DaemonSet { return &appsv1.DaemonSet{} },
		newList:   func() runtime.Object { return &appsv1.DaemonSetList{} },
		table:     daemonSetTable(), fields: metadataFields[*appsv1.DaemonSet],
		prepare: func(d *appsv1.DaemonSet) {
			d.Status, d.Generation = appsv1.DaemonSetStatus{}, 1
			dropDisabled(&d.Spec.Template, config.FeatureGates)
		},
		check: func(d *appsv1.DaemonSet) field.ErrorList { return validation.ValidateDaemonSet(d, config.FeatureGates) },
		prepareUpdate: func(newer, older *appsv1.DaemonSet) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
			countTemplate(newer, older)
		},
		checkUpdate: func(newer, older *appsv1.DaemonSet) field.ErrorList {
			return validation.ValidateDaemonSetUpdate(newer, older, config.FeatureGates)
		},
	}
}

// countTemplate counts the changes of a DaemonSet's template in the annotation that stands for what was a field once. Clients cannot
// change it.
func countTemplate(newer, older *appsv1.DaemonSet) {
	const name = appsv1.DeprecatedTemplateGeneration
	number, _ := strconv.ParseInt(older.Annotations[name], 10, 64) // one that is none counts as 0
	if !equality.Semantic.DeepEqual(newer.Spec.Template, older.Spec.Template) {
		number++
	}
	newer.Annotations = maps.Clone(newer.Annotations)
	metav1.SetMetaDataAnnotation(&newer.ObjectMeta, name, strconv.FormatInt(number, 10))
}

// templateColumns are the wide columns about the containers of a template.
func templateColumns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		wide("Containers", "Names of the containers of the template."), wide("Images", "Images of the containers of the template."),
	}
}

func selectorColumn() metav1.TableColumnDefinition {
	return wide("Selector", "Labels of the pods.")
}

// templateCells are the cells of templateColumns.
func templateCells(template *corev1.PodTemplateSpec) []any {
	var names, images []string
	for _, c := range template.Spec.Containers {
		names, images = append(names, c.Name), append(images, c.Image)
	}
	return []any{strings.Join(names, ","), strings.Join(images, ",")}
}

func deploymentTable() table[*appsv1.Deployment] {
	return table[*appsv1.Deployment]{
		columns: append(append([]metav1.TableColumnDefinition{
			nameColumn(), column("Ready", "Ready pods of those wanted."), column("Up-to-date", "Pods of the current template."),
			column("Available", "Pods that have been ready for long enough."), ageColumn(),
		}, templateColumns()...), selectorColumn()),
		row: func(d *appsv1.Deployment, now time.Time) metav1.TableRow {
			selector := "<invalid>"
			if s, err := metav1.LabelSelectorAsSelector(d.Spec.Selector); err == nil {
				selector = s.String()
			}
			row := cells(d.Name, fmt.Sprintf("%d/%d", d.Status.ReadyReplicas, valueOr(d.Spec.Replicas, 0)), int64(d.Status.UpdatedReplicas),
				int64(d.Status.AvailableReplicas), since(d.CreationTimestamp.Time, now))
			row.Cells = append(append(row.Cells, templateCells(&d.Spec.Template)...), selector)
			return row
		},
	}
}

func replicaSetTable() table[*appsv1.ReplicaSet] {
	return table[*appsv1.ReplicaSet]{
		columns: append(append([]metav1.TableColumnDefinition{
			nameColumn(), count("Desired", "Pods that are wanted."), count("Current", "Pods that are there."), count("Ready", "Pods that are ready."), ageColumn(),
		}, templateColumns()...), selectorColumn()),
		row: func(r *appsv1.ReplicaSet, now time.Time) metav1.TableRow {
			row := cells(r.Name, int64(valueOr(r.Spec.Replicas, 0)), int64(r.Status.Replicas), int64(r.Status.ReadyReplicas), since(r.CreationTimestamp.Time, now))
			row.Cells = append(append(row.Cells, templateCells(&r.Spec.Template)...), metav1.FormatLabelSelector(r.Spec.Selector))
			return row
		},
	}
}

func statefulSetTable() table[*appsv1.StatefulSet] {
	return table[*appsv1.StatefulSet]{
		columns: append([]metav1.TableColumnDefinition{
			nameColumn(), column("Ready", "Ready pods of those wanted."), ageColumn(),
		}, templateColumns()...),
		row: func(s *appsv1.StatefulSet, now time.Time) metav1.TableRow {
			row := cells(s.Name, fmt.Sprintf("%d/%d", s.Status.ReadyReplicas, valueOr(s.Spec.Replicas, 0)), since(s.CreationTimestamp.Time, now))
			row.Cells = append(row.Cells, templateCells(&s.Spec.Template)...)
			return row
		},
	}
}

func daemonSetTable() table[*appsv1.DaemonSet] {
	return table[*appsv1.DaemonSet]{
		columns: append(append([]metav1.TableColumnDefinition{
			nameColumn(), count("Desired", "Nodes that are to have a pod."), count("Current", "Nodes that have one."), count("Ready", "Nodes whose pod is ready."),
			count("Up-to-date", "Nodes whose pod is of the current template."), count("Available", "Nodes whose pod has been ready for long enough."),
			column("Node Selector", "Labels of the nodes that are to have a pod."), ageColumn(),
		}, templateColumns()...), selectorColumn()),
		row: func(d *appsv1.DaemonSet, now time.Time) metav1.TableRow {
			s := &d.Status
			row := cells(d.Name, int64(s.DesiredNumberScheduled), int64(s.CurrentNumberScheduled), int64(s.NumberReady), int64(s.UpdatedNumberScheduled),
				int64(s.NumberAvailable), labels.FormatLabels(d.Spec.Template.Spec.NodeSelector), since(d.CreationTimestamp.Time, now))
			row.Cells = append(append(row.Cells, templateCells(&d.Spec.Template)...), metav1.FormatLabelSelector(d.Spec.Selector))
			return row
		},
	}
}
