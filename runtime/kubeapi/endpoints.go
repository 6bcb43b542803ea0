//lint:file-ignore SA1019 clusters serve Endpoints, and clients read them, though EndpointSlices have taken their place

package kubeapi

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func endpointsKinds() []runtime.Object {
	return []runtime.Object{&corev1.Endpoints{}, &corev1.EndpointsList{}}
}

// endpoints are the pods behind Services in the older form. The node minds them, and nobody else.
func endpoints(config Config) *resource[*corev1.Endpoints] {
	return &resource[*corev1.Endpoints]{
		collection: config.Store.Endpoints, singular: "endpoints", shortNames: []string{"ep"},
		newObject: func() *corev1.Endpoints { return &corev1.Endpoints{} },
		newList:   func() runtime.Object { return &corev1.EndpointsList{} },
		table:     endpointsTable(), fields: metadataFields[*corev1.Endpoints],
	}
}

// endpointSlices are the pods behind Services. The node minds them, and nobody else.
func endpointSlices(config Config) *resource[*discoveryv1.EndpointSlice] {
	return &resource[*discoveryv1.EndpointSlice]{
		collection: config.Store.EndpointSlices, singular: "endpointslice",
		newObject: func() *discoveryv1.EndpointSlice { return &discoveryv1.EndpointSlice{} },
		newList:   func() runtime.Object { return &discoveryv1.EndpointSliceList{} },
		table:     endpointSliceTable(), fields: metadataFields[*discoveryv1.EndpointSlice],
	}
}

func endpointsTable() table[*corev1.Endpoints] {
	return table[*corev1.Endpoints]{
		columns: []metav1.TableColumnDefinition{nameColumn(), column("Endpoints", "Addresses of the pods behind the service."), ageColumn()},
		row: func(e *corev1.Endpoints, now time.Time) metav1.TableRow {
			var addresses []string
			for _, subset := range e.Subsets {
				for _, port := range subset.Ports {
					for _, address := range subset.Addresses {
						addresses = append(addresses, net.JoinHostPort(address.IP, strconv.Itoa(int(port.Port))))
					}
				}
				if len(subset.Ports) == 0 { // of a headless Service
					for _, address := range subset.Addresses {
						addresses = append(addresses, address.IP)
					}
				}
			}
			return cells(e.Name, orNone(firstThree(addresses)), since(e.CreationTimestamp.Time, now))
		},
	}
}

func endpointSliceTable() table[*discoveryv1.EndpointSlice] {
	return table[*discoveryv1.EndpointSlice]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("AddressType", "Family of the addresses."), column("Ports", "Ports of the endpoints."),
			column("Endpoints", "Addresses of the endpoints."), ageColumn(),
		},
		row: func(slice *discoveryv1.EndpointSlice, now time.Time) metav1.TableRow {
			var ports, addresses []string
			for _, port := range slice.Ports {
				ports = append(ports, strconv.Itoa(int(*port.Port)))
			}
			for _, e := range slice.Endpoints {
				addresses = append(addresses, e.Addresses...)
			}
			return cells(slice.Name, string(slice.AddressType), orUnset(firstThree(ports)), orUnset(firstThree(addresses)), since(slice.CreationTimestamp.Time, now))
		},
	}
}

// firstThree are the first of a list as kubectl shows it, and how many more there are.
func firstThree(list []string) string {
	const shown = 3
	if len(list) <= shown {
		return strings.Join(list, ",")
	}
	return fmt.Sprintf("%s + %d more...", strings.Join(list[:shown], ","), len(list)-shown)
}

func orUnset(value string) string {
	if value == "" {
		return "<unset>"
	}
	return value
}
