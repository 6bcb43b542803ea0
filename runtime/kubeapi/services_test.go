package kubeapi_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestServicesGetAnAddressAndKeepIt(t *testing.T) { // (S9.10)
	api := serve(t)
	services := api.clients().CoreV1().Services("default")
	create := func(service corev1.Service) *corev1.Service {
		t.Helper()
		created, err := services.Create(t.Context(), &service, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return created
	}
	port := []corev1.ServicePort{{Port: 80}}
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	own := create(corev1.Service{ObjectMeta: named("own"), Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.2", Ports: port}})
	given := create(corev1.Service{ObjectMeta: named("given"), Spec: corev1.ServiceSpec{Ports: port}})
	headless := create(corev1.Service{ObjectMeta: named("headless"), Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: port}})
	external := create(corev1.Service{ObjectMeta: named("external"), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "a.example"}})
	for _, c := range []struct {
		service *corev1.Service
		want    string
	}{{own, "10.96.0.2"}, {given, "10.96.0.3"}, {headless, "None"}, {external, ""}} {
		if got := c.service.Spec.ClusterIP; got != c.want {
			t.Errorf("%s has %q, want %q", c.service.Name, got, c.want)
		}
	}
	_, err := services.Create(t.Context(), &corev1.Service{ObjectMeta: named("second"), Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.2", Ports: port}}, metav1.CreateOptions{})
	const taken = `Service "second" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.2"]: failed to allocate IP 10.96.0.2: provided IP is already allocated`
	if err == nil || err.Error() != taken {
		t.Errorf("an address that another has: %v", err)
	}
	for address, want := range map[string]string{
		"foo": `spec.clusterIPs[0]: Invalid value: "foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
		"1.2.3.4": `spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. ` +
			`The range of valid IPs is 10.96.0.0/16`,
	} {
		_, err := services.Create(t.Context(), &corev1.Service{ObjectMeta: named("odd"), Spec: corev1.ServiceSpec{ClusterIP: address, Ports: port}}, metav1.CreateOptions{})
		if want = `Service "odd" is invalid: ` + want; err == nil || err.Error() != want {
			t.Errorf("the address %s: %v\nwant %s", address, err, want)
		}
	}
	if _, err := services.Create(t.Context(), &corev1.Service{ObjectMeta: named("own"), Spec: own.Spec}, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("a Service that exists: %v", err)
	}
	for i := range 10 {
		if got := create(corev1.Service{ObjectMeta: named(fmt.Sprint("more", i)), Spec: corev1.ServiceSpec{Ports: port}}).Spec.ClusterIP; got == "10.96.0.10" {
			t.Errorf("%s is the DNS's", got)
		}
	}
	given.Spec.ClusterIP, given.Spec.ClusterIPs, given.Spec.Ports[0].Port = "", nil, 81
	changed, err := services.Update(t.Context(), given, metav1.UpdateOptions{})
	if err != nil || changed.Spec.ClusterIP != "10.96.0.3" || changed.Spec.Ports[0].Port != 81 {
		t.Errorf("changed: %+v, %v", changed, err)
	}
	changed.Spec.ClusterIP = "10.96.0.9"
	if _, err := services.Update(t.Context(), changed, metav1.UpdateOptions{}); err == nil || !strings.Contains(err.Error(), "may not change once set") {
		t.Errorf("another address: %v", err)
	}
	if got := columns(api.kubectl("get", "svc", "given", "-o", "wide")); got != "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR\ngiven ClusterIP 10.96.0.3 <none> 81/TCP 0s <none>" {
		t.Errorf("kubectl shows %q", got)
	}
}
