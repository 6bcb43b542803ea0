package kubeapi

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/store"
)

func services(config Config) *resource[*corev1.Service] {
	services := stored(config.Store.Services, config.Clock, serviceTable(), func(service *corev1.Service) fields.Set {
		return with(metadataFields(service), fields.Set{"spec.clusterIP": service.Spec.ClusterIP, "spec.type": string(service.Spec.Type)})
	})
	services.finish, services.finishUpdate = finishService, finishServiceUpdate
	create := services.create
	var giving sync.Mutex // from the choice of an address until it is taken
	services.create = func(ctx context.Context, service *corev1.Service) (*corev1.Service, error) {
		service.Status = corev1.ServiceStatus{}
		giving.Lock()
		defer giving.Unlock()
		if err := giveClusterIP(service, config.Store.Services); err != nil {
			return nil, err
		}
		return create(ctx, service)
	}
	return services
}

func finishService(service *corev1.Service) field.ErrorList {
	defaults.Service(service)
	return validation.ValidateService(service)
}

func finishServiceUpdate(newer, older *corev1.Service) field.ErrorList {
	keepClusterIP(newer, older)
	defaults.Service(newer)
	return validation.ValidateServiceUpdate(newer, older)
}

// keepClusterIP leaves a Service its address when a client sends it without one, as an API server does.
func keepClusterIP(newer, older *corev1.Service) {
	if newer.Spec.ClusterIP == "" && newer.Spec.Type != corev1.ServiceTypeExternalName {
		newer.Spec.ClusterIP, newer.Spec.ClusterIPs = older.Spec.ClusterIP, older.Spec.ClusterIPs
	}
}

// giveClusterIP gives a new Service the first free address of the Services' range, unless it names its own, wants none or is but a name
// for another.
func giveClusterIP(service *corev1.Service, all *store.Collection[*corev1.Service]) error {
	spec := &service.Spec
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	taken := map[string]bool{}
	others, _ := all.List("")
	for _, other := range others {
		if store.KeyOf(other) != store.KeyOf(service) { // that it exists already is for others to say
			taken[other.Spec.ClusterIP] = true
		}
	}
	if spec.ClusterIP == "" {
		taken[podspec.DNSServiceAddress] = true // for a Service that asks for it
		address := netip.MustParseAddr(podspec.APIServiceAddress).Next()
		for taken[address.String()] {
			address = address.Next()
		}
		if !podspec.ServiceRange().Contains(address) {
			return fmt.Errorf("giving service %q an address: all of %s are taken", service.Name, podspec.ServiceRange())
		}
		spec.ClusterIP = address.String()
	} else if spec.ClusterIP != corev1.ClusterIPNone && taken[spec.ClusterIP] {
		return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Service").GroupKind(), service.Name, field.ErrorList{
			field.Invalid(field.NewPath("spec", "clusterIPs"), []string{spec.ClusterIP},
				fmt.Sprintf("failed to allocate IP %s: provided IP is already allocated", spec.ClusterIP))})
	}
	spec.ClusterIPs = []string{spec.ClusterIP}
	return nil
}

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
