package kubeapi

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	apitypes "k8s.io/apimachinery/pkg/types"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// metricsRegistry is the part of metrics.k8s.io that kubectl top asks for about pods. A cluster has it from its metrics server, which
// looks every 15 seconds; here each request measures.
type metricsRegistry struct {
	rest.TableConvertor
	pods *resource[*corev1.Pod]
	node Node
}

func newMetricsRegistry(pods *resource[*corev1.Pod], config Config, known kinds) metricsRegistry {
	known.selectable(metrics.SchemeGroupVersion.WithKind("PodMetrics"), sameNames(pods.fields(&corev1.Pod{})))
	return metricsRegistry{rest.NewDefaultTableConvertor(metrics.Resource("pods")), pods, config.Node}
}

// New implements rest.Storage.
func (metricsRegistry) New() runtime.Object { return &metrics.PodMetrics{} }

// NewList implements rest.Lister.
func (metricsRegistry) NewList() runtime.Object { return &metrics.PodMetricsList{} }

// Destroy implements rest.Storage.
func (metricsRegistry) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (metricsRegistry) NamespaceScoped() bool { return true }

// GetSingularName implements rest.SingularNameProvider.
func (metricsRegistry) GetSingularName() string { return "pod" }

// Get implements rest.Getter.
func (m metricsRegistry) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	key := apitypes.NamespacedName{Namespace: genericapirequest.NamespaceValue(ctx), Name: name}
	pod, err := m.pods.collection.Get(key)
	if err != nil {
		return nil, err
	}
	measured, err := m.node.Metrics(ctx, []*corev1.Pod{pod})
	if err != nil {
		return nil, withStatus(err)
	}
	if len(measured) == 0 {
		return nil, apierrors.NewNotFound(metrics.Resource("podmetrics"), key.String())
	}
	return &measured[0], nil
}

// List implements rest.Lister.
func (m metricsRegistry) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	all, _ := m.pods.collection.List(genericapirequest.NamespaceValue(ctx))
	var selected []*corev1.Pod
	for _, pod := range all {
		if selects(options, pod.Labels, m.pods.fields(pod)) {
			selected = append(selected, pod)
		}
	}
	measured, err := m.node.Metrics(ctx, selected)
	if err != nil {
		return nil, withStatus(err)
	}
	return &metrics.PodMetricsList{Items: append([]metrics.PodMetrics{}, measured...)}, nil
}

// selects reports whether the selectors of a list take an object with such labels and fields.
func selects(options *metainternalversion.ListOptions, its labels.Set, values fields.Set) bool {
	return options == nil || (options.LabelSelector == nil || options.LabelSelector.Matches(its)) &&
		(options.FieldSelector == nil || options.FieldSelector.Matches(values))
}
