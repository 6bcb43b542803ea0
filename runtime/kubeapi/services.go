package kubeapi

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func serviceTable() table[*corev1.Service] {
	return table[*corev1.Service]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Type", "How the service is reached."), column("Cluster-IP", "Address of the service."),
			column("External-IP", "Addresses outside the cluster."), column("Port(s)", "Ports of the service."), ageColumn(),
			wide("Selector", "Labels of the pods behind the service."),
		},
		row: func(service *corev1.Service, now time.Time) metav1.TableRow {
			return cells(service.Name, string(service.Spec.Type), orNone(service.Spec.ClusterIP), orNone(service.Spec.ExternalName),
				orNone(portsOf(service)), since(service.CreationTimestamp.Time, now), orNone(metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: service.Spec.Selector})))
		},
	}
}

// portsOf are the ports of a Service as kubectl shows them, such as 80/TCP,53/UDP.
func portsOf(service *corev1.Service) string {
	var ports []string
	for _, port := range service.Spec.Ports {
		ports = append(ports, strconv.Itoa(int(port.Port))+"/"+string(port.Protocol))
	}
	return strings.Join(ports, ",")
}
