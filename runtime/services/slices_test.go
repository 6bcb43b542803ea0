package services

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// TestSlices writes an endpoint as its address with ready, serving and terminating as r, s, t.
func TestSlices(t *testing.T) {
	const web = "{clusterIP: 10.96.0.2, selector: {app: web}, "
	for name, c := range map[string]struct {
		spec string
		pods []*corev1.Pod
		want string
	}{
		"one that is ready, one that is not, one that ends": {
			web + "ports: [{port: 80, targetPort: http}]}",
			[]*corev1.Pod{pod("a", "10.0.0.3"), pod("b", "10.0.0.2", unready), pod("c", "10.0.0.4", ending), pod("d", "10.0.0.5", ended), pod("e", "10.0.0.6", unset)},
			"IPv4 [/8080/TCP/] 10.0.0.2:---, 10.0.0.3:rs-, 10.0.0.4:-st",
		},
		"ready from the beginning": {
			web + "publishNotReadyAddresses: true, ports: [{port: 80}]}", []*corev1.Pod{pod("a", "10.0.0.2", unready)}, "IPv4 [/80/TCP/] 10.0.0.2:r--",
		},
		"no pod":       {web + "ports: [{port: 80}]}", nil, "IPv4 [] "},
		"no selector":  {"{clusterIP: 10.96.0.2, ports: [{port: 80}]}", []*corev1.Pod{pod("a", "10.0.0.2")}, ""},
		"another name": {"{type: ExternalName, externalName: example.com, selector: {app: web}}", []*corev1.Pod{pod("a", "10.0.0.2")}, ""},
		"both families": {
			web + "ipFamilies: [IPv4, IPv6], ports: [{name: w, port: 80, appProtocol: http}]}", []*corev1.Pod{pod("a", "10.0.0.2")},
			"IPv4 [w/80/TCP/http] 10.0.0.2:rs-\nIPv6 [w/80/TCP/http] fd00::2:rs-",
		},
		"ports that differ": {
			web + "ports: [{name: w, port: 80, targetPort: http}, {name: m, port: 81, targetPort: metrics}]}",
			[]*corev1.Pod{pod("a", "10.0.0.2"), pod("b", "10.0.0.3", portless)}, "IPv4 [m/9090/TCP/] 10.0.0.3:rs-\nIPv4 [w/8080/TCP/ m/9090/TCP/] 10.0.0.2:rs-",
		},
		"a name of its own": {"{clusterIP: None, selector: {app: web}}", []*corev1.Pod{pod("a", "10.0.0.2", named)}, "IPv4 [] 10.0.0.2:rs-=first"},
	} {
		var lines []string
		for _, slice := range Slices(service(t, c.spec), c.pods) {
			lines = append(lines, sliceText(slice))
		}
		if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func sliceText(slice *discoveryv1.EndpointSlice) string {
	var ports, endpoints []string
	for _, p := range slice.Ports {
		app := ""
		if p.AppProtocol != nil {
			app = *p.AppProtocol
		}
		ports = append(ports, fmt.Sprintf("%s/%d/%s/%s", *p.Name, *p.Port, *p.Protocol, app))
	}
	for _, e := range slice.Endpoints {
		text := e.Addresses[0] + ":"
		for _, c := range []struct {
			is     *bool
			letter string
		}{{e.Conditions.Ready, "r"}, {e.Conditions.Serving, "s"}, {e.Conditions.Terminating, "t"}} {
			if *c.is {
				text += c.letter
			} else {
				text += "-"
			}
		}
		if e.Hostname != nil {
			text += "=" + *e.Hostname
		}
		endpoints = append(endpoints, text)
	}
	return fmt.Sprintf("%s %s %s", slice.AddressType, ports, strings.Join(endpoints, ", "))
}

func TestSlicesBelongToTheirService(t *testing.T) {
	s := service(t, "{clusterIP: None, selector: {app: web}, ports: [{port: 80}]}")
	s.UID, s.Labels = "s-uid", map[string]string{"team": "a"}
	var pods []*corev1.Pod
	for i := range 101 {
		pods = append(pods, pod(fmt.Sprint("p", i), fmt.Sprint("10.0.0.", i+1)))
	}
	all := Slices(s, pods)
	if len(all) != 2 || len(all[0].Endpoints) != 100 || len(all[1].Endpoints) != 1 || all[0].Name == all[1].Name || !strings.HasPrefix(all[0].Name, "web-") {
		t.Fatalf("%d slices", len(all))
	}
	first := all[0]
	want := map[string]string{
		"team": "a", "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
		"service.kubernetes.io/headless": "",
	}
	if diff := cmp.Diff(want, first.Labels); diff != "" {
		t.Error(diff)
	}
	if owner := first.OwnerReferences[0]; owner.UID != "s-uid" || owner.Kind != "Service" || !*owner.Controller {
		t.Errorf("%+v", owner)
	}
	if about := first.Endpoints[0].TargetRef; about.Kind != "Pod" || about.Namespace != "ns" || !strings.HasPrefix(about.Name, "p") {
		t.Errorf("%+v", about)
	}
	if again := Slices(s, pods[:3]); again[0].Name != first.Name {
		t.Errorf("with other pods it is called %s, not %s", again[0].Name, first.Name)
	}
}

func TestEndpoints(t *testing.T) {
	s := service(t, "{clusterIP: 10.96.0.2, selector: {app: web}, ports: [{name: w, port: 80, targetPort: http}]}")
	made := Endpoints(s, []*corev1.Pod{
		pod("a", "10.0.0.3"), pod("b", "10.0.0.2"), pod("c", "10.0.0.4", unready), pod("d", "10.0.0.5", ending), pod("e", "10.0.0.6", portless),
	})
	var lines []string
	for _, subset := range made.Subsets {
		var ready, unready []string
		for _, a := range subset.Addresses {
			ready = append(ready, a.IP)
		}
		for _, a := range subset.NotReadyAddresses {
			unready = append(unready, a.IP)
		}
		lines = append(lines, fmt.Sprintf("%s %d: %v %v", subset.Ports[0].Name, subset.Ports[0].Port, ready, unready))
	}
	if diff := cmp.Diff("w 8080: [10.0.0.2 10.0.0.3] [10.0.0.4]", strings.Join(lines, "\n")); diff != "" || made.Name != "web" ||
		made.Labels["endpoints.kubernetes.io/managed-by"] != "endpoint-controller" {
		t.Errorf("%+v: -want +got:\n%s", made.ObjectMeta, diff)
	}
	if made := Endpoints(service(t, "{clusterIP: 10.96.0.2, ports: [{port: 80}]}"), nil); made != nil {
		t.Errorf("without a selector: %+v", made)
	}
}
