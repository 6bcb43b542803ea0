package kubeapi

import (
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// metricsPath is where the part of metrics.k8s.io is served that kubectl top asks for about pods. A cluster has it from its metrics
// server, which looks every 15 seconds; here each request measures.
const metricsPath = "/apis/metrics.k8s.io/v1beta1"

func podMetrics(pods *resource[*corev1.Pod], node Node) routes {
	api := routes{}
	list := func(w http.ResponseWriter, req *http.Request) error {
		options, err := pods.listOptions(req)
		if err != nil {
			return err
		}
		selected, _ := pods.List(req.PathValue("namespace"))
		selected = slices.DeleteFunc(selected, func(pod *corev1.Pod) bool { return !pods.selects(options, pod) })
		measured, err := node.Metrics(req.Context(), selected)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, &metrics.PodMetricsList{TypeMeta: metricsKind("PodMetricsList"), Items: append([]metrics.PodMetrics{}, measured...)})
	}
	api.add(http.MethodGet, metricsPath+"/pods", list)
	api.add(http.MethodGet, metricsPath+"/namespaces/{namespace}/pods", list)
	api.add(http.MethodGet, metricsPath+"/namespaces/{namespace}/pods/{name}", func(w http.ResponseWriter, req *http.Request) error {
		pod, err := pods.Get(keyOf(req))
		if err != nil {
			return err
		}
		measured, err := node.Metrics(req.Context(), []*corev1.Pod{pod})
		if err != nil {
			return err
		}
		if len(measured) == 0 {
			return apierrors.NewNotFound(metrics.Resource("podmetrics"), keyOf(req).String())
		}
		measured[0].TypeMeta = metricsKind("PodMetrics")
		return writeJSON(w, http.StatusOK, &measured[0])
	})
	return api
}

func metricsKind(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{Kind: kind, APIVersion: metrics.SchemeGroupVersion.String()}
}

// metricsResources is what discovery tells of the group.
func metricsResources() []served {
	return []served{{plural: "pods", singular: "pod", kind: "PodMetrics", namespaced: true, verbs: []string{"get", "list"}}}
}
