package podspec_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

// fewObjects is a ConfigMap c and a Secret s in namespace ns.
type fewObjects struct{}

func (fewObjects) ConfigMap(namespace, name string) (*corev1.ConfigMap, bool) {
	return &corev1.ConfigMap{
		Data:       map[string]string{"k": "from c", "my-key": "dash", "B": "b of c", "a.b": "$(B)"},
		BinaryData: map[string][]byte{"bin": {1}},
	}, namespace == "ns" && name == "c"
}

func (fewObjects) Secret(namespace, name string) (*corev1.Secret, bool) {
	return &corev1.Secret{Data: map[string][]byte{"k": []byte("from s")}}, namespace == "ns" && name == "s"
}

func environmentOf(t *testing.T, spec string) ([]podspec.EnvVar, error) {
	t.Helper()
	pod := spectest.Pod(t, spec)
	pod.Namespace, pod.UID = "ns", "5a1e"
	pod.Labels = map[string]string{"app": "web", "a/b": "slash"}
	pod.Annotations = map[string]string{"Note": "two\nlines"}
	node := podspec.NodeFacts{
		Name: "node1", HostIPs: []string{"192.0.2.1", "2001:db8::1"}, PodIPs: []string{"10.0.0.5", "fd00::5"},
		Allocatable: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi"), corev1.ResourceEphemeralStorage: resource.MustParse("10G"),
		},
	}
	return podspec.Environment(pod, &pod.Spec.Containers[0], fewObjects{}, node)
}

func TestEnvironmentOfAContainer(t *testing.T) {
	from := func(source string) string { return spectest.Container("env: [{name: A, valueFrom: {" + source + "}}]") }
	a := func(value string) []podspec.EnvVar { return []podspec.EnvVar{{"A", value}} }
	cases := []struct {
		name, spec string
		want       []podspec.EnvVar
	}{
		{"nothing", spectest.Container(""), nil},
		{"an empty value (S9.7)", spectest.Container("env: [{name: A}]"), a("")},
		{"the last of equal names wins, in the first one's place (S2.85)", spectest.Container("env: [{name: A, value: x}, {name: B, value: z}, {name: A, value: '2'}]"), []podspec.EnvVar{{"A", "2"}, {"B", "z"}}},
		{"envFrom takes data but not binaryData, with a prefix, sorted, whatever the keys are, and expands nothing (S9.2, S9.3)",
			spectest.Container("envFrom: [{prefix: P_, configMapRef: {name: c}}]"),
			[]podspec.EnvVar{{"P_B", "b of c"}, {"P_a.b", "$(B)"}, {"P_k", "from c"}, {"P_my-key", "dash"}}},
		{"envFrom takes all of a secret (S9.3)", spectest.Container("envFrom: [{prefix: '1-', secretRef: {name: s}}]"), []podspec.EnvVar{{"1-k", "from s"}}},
		{"later sources of envFrom win (S9.1)", spectest.Container("envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s}}]"),
			[]podspec.EnvVar{{"B", "b of c"}, {"a.b", "$(B)"}, {"k", "from s"}, {"my-key", "dash"}}},
		{"env wins over envFrom (S9.1)", spectest.Container("env: [{name: k, value: mine}], envFrom: [{secretRef: {name: s}}]"), []podspec.EnvVar{{"k", "mine"}}},
		{"references to envFrom and earlier entries (S9.4)", spectest.Container("env: [{name: A, value: '$(B)'}, {name: L, value: '$(A)!'}], envFrom: [{prefix: '', configMapRef: {name: c}}]"),
			[]podspec.EnvVar{{"B", "b of c"}, {"a.b", "$(B)"}, {"k", "from c"}, {"my-key", "dash"}, {"A", "b of c"}, {"L", "b of c!"}}},
		{"a reference to a later entry stays (S9.4)", spectest.Container("env: [{name: A, value: '$(B)'}, {name: B, value: x}]"), []podspec.EnvVar{{"A", "$(B)"}, {"B", "x"}}},
		{"what a reference brings is not expanded again (S9.5)", spectest.Container("env: [{name: A, value: $$(B)}, {name: B, value: x}, {name: C, value: '$(A)'}]"),
			[]podspec.EnvVar{{"A", "$(B)"}, {"B", "x"}, {"C", "$(B)"}}},
		{"a reference to itself sees what envFrom has (S9.4)", spectest.Container("env: [{name: k, value: '$(k)+'}], envFrom: [{secretRef: {name: s}}]"), []podspec.EnvVar{{"k", "from s+"}}},
		{"a reference to itself sees the value before (S9.4)", spectest.Container("env: [{name: A, value: x}, {name: A, value: '$(A)+'}]"), a("x+")},
		{"a key of a config map", from("configMapKeyRef: {name: c, key: k}"), a("from c")},
		{"a key of a secret", from("secretKeyRef: {name: s, key: k}"), a("from s")},
		{"values of objects are not expanded (S9.4)", from("configMapKeyRef: {name: c, key: a.b}"), a("$(B)")},
		{"an optional key that is missing is not set (S9.8)", spectest.Container("env: [{name: A, value: x}, {name: A, valueFrom: {secretKeyRef: {name: s, key: zz, optional: true}}}]"), a("x")},
		{"optional things that are missing are not set (S9.8)", spectest.Container("env: [{name: k, valueFrom: {configMapKeyRef: {name: c, key: zz, optional: true}}}, " +
			"{name: B, valueFrom: {secretKeyRef: {name: zz, key: k, optional: true}}}], envFrom: [{secretRef: {name: s}}, {configMapRef: {name: zz, optional: true}}]"), []podspec.EnvVar{{"k", "from s"}}},
		{"the name (S9B)", from("fieldRef: {fieldPath: metadata.name}"), a("p")},
		{"the namespace (S9B)", from("fieldRef: {fieldPath: metadata.namespace}"), a("ns")},
		{"the uid (S9B)", from("fieldRef: {fieldPath: metadata.uid}"), a("5a1e")},
		{"a label (S9B)", from(`fieldRef: {fieldPath: "metadata.labels['a/b']"}`), a("slash")},
		{"an annotation (S9B)", from(`fieldRef: {fieldPath: "metadata.annotations['Note']"}`), a("two\nlines")},
		{"an annotation that is not there (S9B)", from(`fieldRef: {fieldPath: "metadata.annotations['x']"}`), a("")},
		{"the node (S9B)", from("fieldRef: {fieldPath: spec.nodeName}"), a("node1")},
		{"the node under its old name (S9B)", from("fieldRef: {fieldPath: spec.host}"), a("node1")},
		{"the service account (S9B)", from("fieldRef: {fieldPath: spec.serviceAccountName}"), a("default")},
		{"the node's address (S9B)", from("fieldRef: {fieldPath: status.hostIP}"), a("192.0.2.1")},
		{"the node's addresses (S9B)", from("fieldRef: {fieldPath: status.hostIPs}"), a("192.0.2.1,2001:db8::1")},
		{"the pod's address (S9B)", from("fieldRef: {fieldPath: status.podIP}"), a("10.0.0.5")},
		{"the pod's addresses (S9B)", from("fieldRef: {fieldPath: status.podIPs}"), a("10.0.0.5,fd00::5")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := environmentOf(t, c.spec)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResourcesInTheEnvironment(t *testing.T) { // (S9.20, S9.21)
	cases := []struct{ name, pod, resources, ref, want string }{
		{"cpu is rounded up", "", "{limits: {cpu: 500m}}", "{resource: limits.cpu}", "1"},
		{"cpu in thousandths", "", "{limits: {cpu: 500m}}", "{resource: limits.cpu, divisor: 1m}", "500"},
		{"cpu that is requested", "", "{requests: {cpu: 1100m}}", "{resource: requests.cpu, divisor: 1}", "2"},
		{"memory in bytes", "", "{limits: {memory: 64Mi}}", "{resource: limits.memory}", "67108864"},
		{"memory in mebibytes", "", "{limits: {memory: 64Mi}}", "{resource: limits.memory, divisor: 1Mi}", "64"},
		{"memory in megabytes is rounded up", "", "{limits: {memory: 64Mi}}", "{resource: limits.memory, divisor: 1M}", "68"},
		{"memory is rounded up", "", "{limits: {memory: 1025Ki}}", "{resource: limits.memory, divisor: 1Mi}", "2"},
		{"memory that is requested", "", "{requests: {memory: 1G}}", "{resource: requests.memory, divisor: 1k}", "1000000"},
		{"storage", "", "{limits: {ephemeral-storage: 1Gi}}", "{resource: limits.ephemeral-storage, divisor: 1Mi}", "1024"},
		{"storage that is requested", "", "{requests: {ephemeral-storage: 1500}}", "{resource: requests.ephemeral-storage, divisor: 1Ki}", "2"},
		{"huge pages", "", "{limits: {hugepages-2Mi: 6Mi, cpu: 1}}", "{resource: limits.hugepages-2Mi, divisor: 4Mi}", "2"},
		{"huge pages that are requested", "", "{limits: {hugepages-2Mi: 6Mi, cpu: 1}}", "{resource: requests.hugepages-2Mi, divisor: 1Mi}", "6"},
		{"a limit that is not set is what the node has", "", "{}", "{resource: limits.cpu}", "4"},
		{"so is storage", "", "{}", "{resource: limits.ephemeral-storage, divisor: 1G}", "10"},
		{"huge pages are not", "", "{}", "{resource: limits.hugepages-2Mi}", "0"},
		{"a limit of 0 is not set", "", "{limits: {memory: 0}}", "{resource: limits.memory, divisor: 1Gi}", "8"},
		{"a request comes from the limit (S1.2)", "", "{limits: {cpu: 2}}", "{resource: requests.cpu}", "2"},
		{"a request that is not set is 0", "", "{}", "{resource: requests.memory}", "0"},
		{"the pod's limit comes before the node's", "{limits: {cpu: 2}}", "{}", "{resource: limits.cpu}", "2"},
		{"the container's comes before that", "{limits: {cpu: 2}}", "{limits: {cpu: 1}}", "{resource: limits.cpu}", "1"},
		{"the pod's limit of another resource does not count", "{limits: {cpu: 2}}", "{}", "{resource: limits.memory, divisor: 1Gi}", "8"},
		{"nor do its huge pages", "{limits: {cpu: 2, hugepages-2Mi: 4Mi}}", "{}", "{resource: limits.hugepages-2Mi}", "0"},
		{"the container by its name", "", "{}", "{resource: limits.cpu, containerName: c}", "4"},
		{"another main", "", "{}", "{resource: limits.cpu, containerName: other}", "4"},
		{"an init", "", "{}", "{resource: limits.cpu, containerName: init}", "3"},
		{"an init without a limit, which a kubelet gives none", "{limits: {memory: 1Gi}}", "{}", "{resource: limits.memory, containerName: init}", "0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.pod == "" {
				c.pod = "null"
			}
			got, err := environmentOf(t, "{initContainers: [{name: init, image: i, resources: {limits: {cpu: 3}}}], containers: [{name: c, image: i, resources: "+
				c.resources+", env: [{name: A, valueFrom: {resourceFieldRef: "+c.ref+"}}]}, {name: other, image: i}], resources: "+c.pod+"}")
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Value != c.want {
				t.Errorf("got %s, want %s", got[0].Value, c.want)
			}
		})
	}
}

func TestAnInitContainerIsToldOfTheNode(t *testing.T) { // (S9.21)
	pod := spectest.Pod(t, "{initContainers: [{name: init, image: i, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}, "+
		"{name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu, containerName: init}}}]}], containers: [{name: c, image: i}]}")
	node := podspec.NodeFacts{Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4")}}
	got, err := podspec.Environment(pod, &pod.Spec.InitContainers[0], fewObjects{}, node)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]podspec.EnvVar{{"A", "4"}, {"B", "0"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissingObjectsKeepAContainerFromStarting(t *testing.T) { // (S9.9)
	cases := []struct{ name, fields, want string }{
		{"a config map", "envFrom: [{configMapRef: {name: x}}]", `configmap "x" not found`},
		{"a secret", "envFrom: [{secretRef: {name: x}}]", `secret "x" not found`},
		{"a config map of a variable", "env: [{name: A, valueFrom: {configMapKeyRef: {name: x, key: k}}}]", `configmap "x" not found`},
		{"a secret of a variable", "env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k}}}]", `secret "x" not found`},
		{"a key of a config map", "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: zz}}}]", `couldn't find key zz in ConfigMap ns/c`},
		{"a key of a secret", "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: zz}}}]", `couldn't find key zz in Secret ns/s`},
		{"a container (S9.21)", "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, containerName: x}}}]", `container x not found`},
		{"a volume (S9.22)", "env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: f, key: k}}}]", `cannot find the volume "v" referenced by FileKeyRef`},
	}
	for _, c := range cases {
		if _, err := environmentOf(t, spectest.Container(c.fields)); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestVariablesFromFiles(t *testing.T) { // (S9.22)
	files := map[string]string{"v/good.env": "A='from a file'\nEMPTY=''\n", "v/bad.env": "A\n"}
	node := podspec.NodeFacts{EnvFile: func(volume, path string) ([]byte, error) {
		if text, ok := files[volume+"/"+path]; ok {
			return []byte(text), nil
		}
		if volume != "v" {
			return nil, podspec.ErrNoVolume
		}
		return nil, errors.New("no such file")
	}}
	cases := []struct {
		name, ref string
		want      []podspec.EnvVar
		wantErr   string
	}{
		{"a volume that no container mounts", "volumeName: w, path: good.env, key: A, optional: true", nil, `cannot find the volume "w" referenced by FileKeyRef`},
		{"a key", "volumeName: v, path: good.env, key: A", []podspec.EnvVar{{"X", "from a file"}}, ""},
		{"no key", "volumeName: v, path: good.env, key: Z", nil, `environment variable key "Z" not found in file "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/v/good.env"`},
		{"no key, optional", "volumeName: v, path: good.env, key: Z, optional: true", nil, ""},
		{"an empty value", "volumeName: v, path: good.env, key: EMPTY", nil, `environment variable key "EMPTY" not found in file "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/v/good.env"`},
		{"no file, even if optional", "volumeName: v, path: none.env, key: A, optional: true", nil, "couldn't parse env file"},
		{"an empty value, optional", "volumeName: v, path: good.env, key: EMPTY, optional: true", nil, ""},
		{"a file that is none, even if optional", "volumeName: v, path: bad.env, key: A, optional: true", nil, "couldn't parse env file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := spectest.Pod(t, spectest.Container("env: [{name: X, valueFrom: {fileKeyRef: {"+c.ref+"}}}]"))
			pod.UID = "u"
			got, err := podspec.Environment(pod, &pod.Spec.Containers[0], fewObjects{}, node)
			gotErr := ""
			if err != nil {
				gotErr = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" || gotErr != c.wantErr {
				t.Errorf("%s%q, want %q", diff, gotErr, c.wantErr)
			}
		})
	}
}

func service(namespace, name, ip string, ports ...corev1.ServicePort) *corev1.Service {
	s := &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: ip, Ports: ports}}
	s.Namespace, s.Name = namespace, name
	return s
}

func TestServicesInTheEnvironment(t *testing.T) { // (S9.10)
	services := []*corev1.Service{
		service("default", "kubernetes", "10.96.0.1", corev1.ServicePort{Name: "https", Port: 443, Protocol: "TCP"}),
		service("default", "my-dns", "fd00::a", corev1.ServicePort{Port: 53, Protocol: "UDP"}, corev1.ServicePort{Name: "dns-tcp", Port: 53, Protocol: "TCP"}),
		service("default", "headless", "None", corev1.ServicePort{Port: 1, Protocol: "TCP"}),
		service("default", "external", ""),
		service("other", "elsewhere", "10.96.0.9", corev1.ServicePort{Port: 1, Protocol: "TCP"}),
		service("other", "kubernetes", "10.96.0.8", corev1.ServicePort{Port: 1}),
	}
	api := []podspec.EnvVar{
		{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}, {"KUBERNETES_SERVICE_PORT_HTTPS", "443"},
		{"KUBERNETES_PORT", "tcp://10.96.0.1:443"}, {"KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"}, {"KUBERNETES_PORT_443_TCP_PROTO", "tcp"},
		{"KUBERNETES_PORT_443_TCP_PORT", "443"}, {"KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"},
	}
	dns := []podspec.EnvVar{
		{"MY_DNS_SERVICE_HOST", "fd00::a"}, {"MY_DNS_SERVICE_PORT", "53"}, {"MY_DNS_SERVICE_PORT_DNS_TCP", "53"},
		{"MY_DNS_PORT", "udp://[fd00::a]:53"},
		{"MY_DNS_PORT_53_UDP", "udp://[fd00::a]:53"}, {"MY_DNS_PORT_53_UDP_PROTO", "udp"}, {"MY_DNS_PORT_53_UDP_PORT", "53"}, {"MY_DNS_PORT_53_UDP_ADDR", "fd00::a"},
		{"MY_DNS_PORT_53_TCP", "tcp://[fd00::a]:53"}, {"MY_DNS_PORT_53_TCP_PROTO", "tcp"}, {"MY_DNS_PORT_53_TCP_PORT", "53"}, {"MY_DNS_PORT_53_TCP_ADDR", "fd00::a"},
	}
	replaced := slices.Clone(dns)
	replaced[0].Value = "mine"
	cases := []struct {
		name, spec string
		want       []podspec.EnvVar
	}{
		{"those of the pod's namespace", spectest.Container(""), slices.Concat(api, dns)},
		{"the API server's always", "{enableServiceLinks: false, containers: [{name: c, image: i}]}", api},
		{"env wins, and sees them (S9.1, S9.4)", spectest.Container("env: [{name: MY_DNS_SERVICE_HOST, value: mine}, {name: A, value: '$(MY_DNS_SERVICE_HOST) $(KUBERNETES_SERVICE_PORT)'}]"),
			slices.Concat(api, replaced, []podspec.EnvVar{{"A", "mine 443"}})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := spectest.Pod(t, c.spec)
			got, err := podspec.Environment(pod, &pod.Spec.Containers[0], fewObjects{}, podspec.NodeFacts{Services: services})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServicesOfAnotherNamespaceInTheEnvironment(t *testing.T) { // (S9.10)
	own := service("ns", "kubernetes", "10.96.0.2", corev1.ServicePort{Port: 80})
	api := service("default", "kubernetes", "10.96.0.1", corev1.ServicePort{Port: 443})
	cases := []struct {
		name, spec, want string
		services         []*corev1.Service
	}{
		{"the API server's", spectest.Container(""), "tcp://10.96.0.1:443", []*corev1.Service{api}},
		{"one of the namespace that has its name comes before it", spectest.Container(""), "tcp://10.96.0.2:80", []*corev1.Service{own, api}},
		{"in whatever order they are", spectest.Container(""), "tcp://10.96.0.2:80", []*corev1.Service{api, own}},
		{"unless the pod wants none", "{enableServiceLinks: false, containers: [{name: c, image: i}]}", "tcp://10.96.0.1:443", []*corev1.Service{own, api}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := spectest.Pod(t, c.spec)
			pod.Namespace = "ns"
			got, err := podspec.Environment(pod, &pod.Spec.Containers[0], fewObjects{}, podspec.NodeFacts{Services: c.services})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(got, func(v podspec.EnvVar) bool { return v.Name == "KUBERNETES_PORT" })
			if i < 0 || got[i].Value != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCommandSeesTheWholeEnvironment(t *testing.T) { // (S9.6)
	env := []podspec.EnvVar{{"A", "1"}, {"B", "2"}}
	c := &corev1.Container{Command: []string{"sh", "$(B)"}, Args: []string{"$(A)$(C)", "$$(A)"}}
	command, args := podspec.Command(c, env)
	if diff := cmp.Diff([]string{"sh", "2"}, command); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1$(C)", "$(A)"}, args); diff != "" {
		t.Error(diff)
	}
	if command, args = podspec.Command(&corev1.Container{}, env); command != nil || args != nil {
		t.Errorf("the image's command is replaced by %v %v", command, args)
	}
}

func TestSubPathOfAMount(t *testing.T) { // (S9.6, S11.52)
	env := []podspec.EnvVar{{"A", "a"}, {"ROOT", "/x"}, {"UP", ".."}, {"EMPTY", ""}}
	cases := []struct{ subPath, expr, want, wantErr string }{
		{"", "", "", ""},
		{"$(A)", "", "$(A)", ""},
		{"", "d/$(A)", "d/a", ""},
		{"", "$$(A)", "$(A)", ""},
		{"", "$(Z)/$(EMPTY)/$(B)/$(B)", "", "missing value for B, EMPTY, Z"},
		{"", "$(ROOT)", "", "error SubPath `/x` must not be an absolute path"},
		{"", "a/$(UP)", "", "unable to provision SubPath `a/..`: must not contain '..'"},
	}
	for _, c := range cases {
		got, err := podspec.SubPath(&corev1.VolumeMount{SubPath: c.subPath, SubPathExpr: c.expr}, env)
		gotErr := ""
		if err != nil {
			gotErr = err.Error()
		}
		if got != c.want || gotErr != c.wantErr {
			t.Errorf("%q %q: got %q, %q", c.subPath, c.expr, got, gotErr)
		}
	}
}
