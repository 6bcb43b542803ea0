package kubeapi

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/validation"
)

// podTemplates are templates that clients keep for their own use; nothing makes pods of them.
func podTemplates(config Config) *resource[*corev1.PodTemplate] {
	return &resource[*corev1.PodTemplate]{
		collection: config.Store.PodTemplates, singular: "podtemplate", returnsDeleted: true,
		newObject: func() *corev1.PodTemplate { return &corev1.PodTemplate{} },
		newList:   func() runtime.Object { return &corev1.PodTemplateList{} },
		table:     podTemplateTable(), fields: metadataFields[*corev1.PodTemplate],
		prepare: func(template *corev1.PodTemplate) {
			template.Generation = 1
			dropDisabled(&template.Template, config.FeatureGates)
		},
		check: func(template *corev1.PodTemplate) field.ErrorList {
			return validation.ValidatePodTemplate(template, config.FeatureGates)
		},
		prepareUpdate: func(newer, older *corev1.PodTemplate) {
			dropDisabled(&newer.Template, config.FeatureGates)
			countSpec(newer, older, newer.Template, older.Template)
		},
		checkUpdate: func(newer, older *corev1.PodTemplate) field.ErrorList {
			return validation.ValidatePodTemplateUpdate(newer, older, config.FeatureGates)
		},
	}
}

func podTemplateTable() table[*corev1.PodTemplate] {
	return table[*corev1.PodTemplate]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Containers", "Names of the containers of the template."), column("Images", "Images of the containers of the template."),
			column("Pod Labels", "Labels of the template."),
		},
		row: func(template *corev1.PodTemplate, _ time.Time) metav1.TableRow {
			row := cells(template.Name)
			row.Cells = append(append(row.Cells, templateCells(&template.Template)...), orNone(labels.FormatLabels(template.Template.Labels)))
			return row
		},
	}
}
