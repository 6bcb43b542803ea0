package services

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func service(t *testing.T, spec string) *corev1.Service {
	t.Helper()
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "ns"}}
	if err := yaml.UnmarshalStrict([]byte(spec), &s.Spec); err != nil {
		t.Fatal(err)
	}
	return s
}

// pod has an address, a port of a container and one of a sidecar, and the labels {app: web}; it is ready.
func pod(name, ip string, change ...func(*corev1.Pod)) *corev1.Pod {
	always := corev1.ContainerRestartPolicyAlways
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{
			InitContainers: []corev1.Container{
				{Name: "init", Ports: []corev1.ContainerPort{{Name: "early", ContainerPort: 1}}},
				{Name: "side", RestartPolicy: &always, Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: 9090}}},
			},
			Containers: []corev1.Container{{Name: "a", Ports: []corev1.ContainerPort{
				{Name: "http", ContainerPort: 8080}, {Name: "dns", ContainerPort: 5353, Protocol: corev1.ProtocolUDP}}}},
		},
		Status: corev1.PodStatus{
			Phase:      corev1.PodRunning,
			PodIPs:     []corev1.PodIP{{IP: ip}, {IP: "fd00::" + ip[strings.LastIndex(ip, ".")+1:]}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func unready(p *corev1.Pod)  { p.Status.Conditions[0].Status = corev1.ConditionFalse }
func ending(p *corev1.Pod)   { p.DeletionTimestamp = &metav1.Time{} }
func ended(p *corev1.Pod)    { p.Status.Phase = corev1.PodSucceeded }
func unset(p *corev1.Pod)    { p.Status.PodIPs = nil }
func another(p *corev1.Pod)  { p.Labels["app"] = "other" }
func away(p *corev1.Pod)     { p.Namespace = "elsewhere" }
func portless(p *corev1.Pod) { p.Spec.Containers[0].Ports = nil }
func named(p *corev1.Pod)    { p.Spec.Hostname, p.Spec.Subdomain = "first", "web" }

func TestForwards(t *testing.T) {
	const web = "{clusterIP: 10.96.0.2, selector: {app: web}, "
	one, two := pod("one", "172.20.0.3"), pod("two", "172.20.0.2")
	for _, test := range []struct {
		about, spec string
		pods        []*corev1.Pod
		want        string // a line for each port
	}{
		{"the target's number", web + "ports: [{port: 80, targetPort: 8080}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:8080"},
		{"no target: the same number", web + "ports: [{port: 80}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:80"},
		{"the target's name", web + "ports: [{port: 80, targetPort: http}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:8080"},
		{"a name of a sidecar's port", web + "ports: [{port: 80, targetPort: metrics}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:9090"},
		{"a name of a regular init container's port", web + "ports: [{port: 80, targetPort: early}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 ->"},
		{"a name that one pod has not", web + "ports: [{port: 80, targetPort: http}]}",
			[]*corev1.Pod{one, pod("three", "172.20.0.4", portless)}, "TCP 10.96.0.2:80 -> 172.20.0.3:8080"},
		{"a name of another protocol", web + "ports: [{port: 80, targetPort: dns}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 ->"},
		{"UDP", web + "ports: [{port: 53, protocol: UDP, targetPort: dns}]}", []*corev1.Pod{one}, "UDP 10.96.0.2:53 -> 172.20.0.3:5353"},
		{"several pods", web + "ports: [{port: 80}]}", []*corev1.Pod{one, two}, "TCP 10.96.0.2:80 -> 172.20.0.2:80 172.20.0.3:80"},
		{"several ports", web + "ports: [{name: a, port: 80}, {name: b, port: 81}]}", []*corev1.Pod{one},
			"TCP 10.96.0.2:80 -> 172.20.0.3:80\nTCP 10.96.0.2:81 -> 172.20.0.3:81"},
		{"pods that are not behind it", web + "ports: [{port: 80}]}", []*corev1.Pod{pod("a", "1.1.1.1", unready), pod("b", "1.1.1.2", ended),
			pod("c", "1.1.1.3", unset), pod("d", "1.1.1.4", another), pod("e", "1.1.1.5", away)}, "TCP 10.96.0.2:80 ->"},
		{"pods that are not ready, but published", web + "publishNotReadyAddresses: true, ports: [{port: 80}]}",
			[]*corev1.Pod{pod("a", "1.1.1.1", unready), pod("b", "1.1.1.2", ended)}, "TCP 10.96.0.2:80 -> 1.1.1.1:80"},
		{"an ending pod beside one that is ready", web + "ports: [{port: 80}]}", []*corev1.Pod{one, pod("two", "1.1.1.1", ending)}, "TCP 10.96.0.2:80 -> 172.20.0.3:80"},
		{"an ending pod alone serves on", web + "ports: [{port: 80}]}", []*corev1.Pod{pod("two", "1.1.1.1", ending)}, "TCP 10.96.0.2:80 -> 1.1.1.1:80"},
		{"affinity", web + "sessionAffinity: ClientIP, ports: [{port: 80}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:80 for good"},
		{"external addresses", web + "externalIPs: [192.0.2.7], ports: [{port: 80}]}", []*corev1.Pod{one},
			"TCP 10.96.0.2:80 -> 172.20.0.3:80\nTCP 192.0.2.7:80 -> 172.20.0.3:80"},
		{"both families", "{clusterIP: 10.96.0.2, clusterIPs: [10.96.0.2, 'fd00::96'], ipFamilies: [IPv4, IPv6], selector: {app: web}, ports: [{port: 80}]}",
			[]*corev1.Pod{one}, "TCP 10.96.0.2:80 -> 172.20.0.3:80\nTCP [fd00::96]:80 -> [fd00::3]:80"},
		{"no selector", "{clusterIP: 10.96.0.2, ports: [{port: 80}]}", []*corev1.Pod{one}, "TCP 10.96.0.2:80 ->"},
		{"headless", "{clusterIP: None, selector: {app: web}, ports: [{port: 80}]}", []*corev1.Pod{one}, ""},
		{"another's name", "{type: ExternalName, externalName: example.com, ports: [{port: 80}]}", []*corev1.Pod{one}, ""},
	} {
		t.Run(test.about, func(t *testing.T) {
			forwards, refused := Forwards([]*corev1.Service{service(t, test.spec)}, test.pods)
			var lines []string
			for _, f := range forwards {
				line := fmt.Sprintf("%s %s ->", f.Protocol, f.Address)
				for _, e := range f.Endpoints {
					line += " " + e.String()
				}
				if f.Affinity {
					line += " for good"
				}
				lines = append(lines, line)
				if !slices.Contains(refused, f.Address.Addr()) {
					t.Errorf("other ports of %s are not refused", f.Address.Addr())
				}
			}
			if got := strings.Join(lines, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestZone(t *testing.T) {
	const name = "web.ns.svc.cluster.local."
	one := pod("one", "172.20.0.3")
	for _, test := range []struct {
		about, spec string
		pods        []*corev1.Pod
		want        []string
	}{
		{"an address", "{clusterIP: 10.96.0.2, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}", []*corev1.Pod{one}, []string{
			"172-20-0-3." + name + " A 172.20.0.3",
			"2.0.96.10.in-addr.arpa. PTR " + name,
			"_http._tcp." + name + " SRV " + name + ":80",
			name + " A 10.96.0.2",
			name + " SRV " + name + ":80",
		}},
		{"an address with no pods behind it", "{clusterIP: 10.96.0.2, selector: {app: web}, ports: [{port: 80}]}", nil, []string{
			"2.0.96.10.in-addr.arpa. PTR " + name, name + " A 10.96.0.2", name + " SRV " + name + ":80",
		}},
		{"headless", "{clusterIP: None, selector: {app: web}, ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}]}",
			[]*corev1.Pod{one, pod("two", "172.20.0.4", named), pod("three", "172.20.0.5", unready), pod("four", "172.20.0.6", ending)}, []string{
				"172-20-0-3." + name + " A 172.20.0.3",
				"3.0.20.172.in-addr.arpa. PTR 172-20-0-3." + name,
				"4.0.20.172.in-addr.arpa. PTR first." + name,
				"_dns._udp." + name + " SRV 172-20-0-3." + name + ":5353",
				"_dns._udp." + name + " SRV first." + name + ":5353",
				"first." + name + " A 172.20.0.4",
				name + " A 172.20.0.3",
				name + " A 172.20.0.4",
				name + " SRV 172-20-0-3." + name + ":5353",
				name + " SRV first." + name + ":5353",
			}},
		{"headless without ports", "{clusterIP: None, selector: {app: web}}", []*corev1.Pod{one}, []string{
			"172-20-0-3." + name + " A 172.20.0.3", "3.0.20.172.in-addr.arpa. PTR 172-20-0-3." + name, name + " A 172.20.0.3",
		}},
		{"headless with nothing ready has no name", "{clusterIP: None, selector: {app: web}}", []*corev1.Pod{pod("one", "1.1.1.1", unready)}, nil},
		{"headless, published before it is ready", "{clusterIP: None, publishNotReadyAddresses: true, selector: {app: web}}",
			[]*corev1.Pod{pod("one", "1.1.1.1", unready, named)}, []string{
				"1.1.1.1.in-addr.arpa. PTR first." + name, "first." + name + " A 1.1.1.1", name + " A 1.1.1.1",
			}},
		{"another's name", "{type: ExternalName, externalName: example.com}", nil, []string{name + " CNAME example.com."}},
	} {
		t.Run(test.about, func(t *testing.T) {
			zone := Zone([]*corev1.Service{service(t, test.spec)}, test.pods)
			if zone.Domain != "cluster.local" {
				t.Errorf("the domain is %q", zone.Domain)
			}
			var got []string
			for _, owner := range slices.Sorted(maps.Keys(zone.Names)) {
				n := zone.Names[owner]
				for _, a := range n.Addresses {
					got = append(got, fmt.Sprint(owner, " A ", a))
				}
				for _, s := range n.Services {
					got = append(got, fmt.Sprint(owner, " SRV ", s.Name, ":", s.Port))
				}
				for _, p := range n.Pointers {
					got = append(got, owner+" PTR "+p)
				}
				if n.Alias != "" {
					got = append(got, owner+" CNAME "+n.Alias)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(test.want))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
