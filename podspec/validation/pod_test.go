package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/spectest"
)

// A validationCase is a change to a minimal pod and what the API server says about it; nothing means that it accepts. The fact is ""
// for what the fact sheet leaves out.
type validationCase struct {
	fact, name, spec string
	want             []string
}

// checkSpecs validates specs in YAML; one without containers gets a good one.
func checkSpecs(t *testing.T, cases []validationCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(strings.TrimSpace(c.fact+" "+c.name), func(t *testing.T) {
			spec := c.spec
			if !strings.Contains(spec, "{containers:") && !strings.Contains(spec, " containers:") {
				spec = "{containers: [{name: c, image: i}], " + strings.TrimPrefix(spec, "{")
			}
			if diff := cmp.Diff(c.want, spectest.Abbreviate(ValidatePod(spectest.Pod(t, spec), nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMetadataIsValidated(t *testing.T) {
	cases := []struct{ fact, metadata, want string }{
		{"S2.1", "{name: MyPod}", `metadata.name: Invalid value: "MyPod": SUB`},
		{"S2.2", "{}", `metadata.name: Required value: name or generateName is required`},
		{"S2.3", "{name: " + strings.Repeat("x", 254) + "}", `metadata.name: Invalid value: "` + strings.Repeat("x", 254) + `": must be no more than 253 characters`},
		{"S2.4", "{name: p, labels: {a: b c}}", `metadata.labels: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ` +
			`and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`},
		{"S2.5", "{name: p, labels: {a b: c}}", `metadata.labels: Invalid value: "a b": QN`},
		{"S2.5", "{name: p, annotations: {a b: c}}", `metadata.annotations: Invalid value: "a b": QN`},
		{"S2.6", "{name: p, namespace: A}", `metadata.namespace: Invalid value: "A": LBL`},
		{"a generated name", "{generateName: p-}", ""},
	}
	for _, c := range cases {
		pod := spectest.Pod(t, "containers: [{name: c, image: i}]")
		pod.Name = ""
		if err := yaml.Unmarshal([]byte("metadata: "+c.metadata), pod); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(spectest.Abbreviate(ValidatePod(pod, nil)), "\n"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.fact, got, c.want)
		}
	}
}

func TestAnErrorIsAPathAKindAndADetail(t *testing.T) {
	const path = "spec.containers[0]."
	for spec, want := range map[string]string{
		"{containers: [{name: c}]}":                                    `Pod "p" is invalid: ` + path + "image: Required value",
		spectest.Container("ports: [{containerPort: 70000}]"):          `Pod "p" is invalid: ` + path + "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
		spectest.Container("imagePullPolicy: never"):                   `Pod "p" is invalid: ` + path + `imagePullPolicy: Unsupported value: "never": supported values: "Always", "IfNotPresent", "Never"`,
		spectest.Container("volumeMounts: [{name: v, mountPath: /m}]"): `Pod "p" is invalid: ` + path + `volumeMounts[0].name: Not found: "v"`,
		"{containers: [{name: c, image: i}, {name: c, image: i}]}":     `Pod "p" is invalid: spec.containers[1].name: Duplicate value: "c"`,
		"{containers: [{name: c}, {name: c, image: i}]}": `Pod "p" is invalid: [` + path + "image: Required value, " +
			`spec.containers[1].name: Duplicate value: "c"]`,
	} {
		errs := ValidatePod(spectest.Pod(t, spec), nil)
		if got := apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Pod").GroupKind(), "p", errs).Error(); got != want {
			t.Errorf("(S2.0.1): got %s, want %s", got, want)
		}
	}
}

func TestErrorsComeInAStableOrder(t *testing.T) {
	pod := spectest.Pod(t, "containers: [{name: c, image: i, resources: {limits: {x: 1, y: 1, z: 1}}}]")
	pod.Labels = map[string]string{"a": "b c", "d": "e f", "g": "h i"}
	first := spectest.Abbreviate(ValidatePod(pod, nil))
	for range 20 {
		if diff := cmp.Diff(first, spectest.Abbreviate(ValidatePod(pod, nil))); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestTheRestOfTheSpecIsValidated(t *testing.T) {
	checkSpecs(t, []validationCase{
		{"S2.14", "a restart policy", "{restartPolicy: Sometimes}", []string{`spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"`}},
		{"S2.15", "a DNS policy", "{dnsPolicy: Cluster}", []string{`spec.dnsPolicy: Unsupported value: "Cluster": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"`}},
		{"S2.16", "DNS policy None alone", "{dnsPolicy: None}", []string{"spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"}},
		{"S2.16", "DNS policy None without a server", "{dnsPolicy: None, dnsConfig: {}}", []string{"spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"}},
		{"S2.17", "four name servers", "{dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}}", []string{`spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers`}},
		{"S2.17", "a name server that is no address", "{dnsConfig: {nameservers: [x]}}", []string{`spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`}},
		{"S2.60", "a deadline of 0", "{activeDeadlineSeconds: 0}", []string{`spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive`}},
		{"S2.75", "a hostname with a dot", "{hostname: a.b}", []string{`spec.hostname: Invalid value: "a.b": must not contain dots`}},
		{"S2.75", "a subdomain", "{subdomain: A}", []string{`spec.subdomain: Invalid value: "A": LBL`}},
		{"S2.76", "hostnameOverride on the host's network", "{hostnameOverride: a, hostNetwork: true}", []string{`spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true`}},
		{"S2.76", "hostnameOverride with setHostnameAsFQDN", "{hostnameOverride: a, setHostnameAsFQDN: true}", []string{`spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true`}},
		{"S2.76", "a long hostnameOverride", "{hostnameOverride: " + strings.Repeat("a", 65) + "}", []string{`spec.hostnameOverride: Too long: may not be more than 64 bytes`}},
		{"S2.77", "host aliases", "{hostAliases: [{ip: x, hostnames: [A_b]}]}", []string{
			`spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`, `spec.hostAliases[0].hostnames[0]: Invalid value: "A_b": SUB`}},
		{"S2.79", "a readiness gate", "{readinessGates: [{conditionType: a b}]}", []string{`spec.readinessGates[0].conditionType: Invalid value: "a b": QN`}},
		{"S2.80", "an operating system", "{os: {name: mac}}", []string{`spec.os: Unsupported value: "mac": supported values: "linux", "windows"`}},
		{"S2.83", "a node in spite of scheduling gates", "{nodeName: n, schedulingGates: [{name: a.b/c}]}", []string{`spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared`}},
		{"S2.85", "a grace period of 0", "{terminationGracePeriodSeconds: 0}", nil},
		{"S2.0.2", "errors in the server's order", "{dnsPolicy: x, restartPolicy: z, hostname: a.b, activeDeadlineSeconds: 0, volumes: [{name: V}], containers: [{name: C, image: i}]}", []string{
			`V0.name: Invalid value: "V": LBL`, `C0.name: Invalid value: "C": LBL`,
			`spec.restartPolicy: Unsupported value: "z": supported values: "Always", "OnFailure", "Never"`,
			`spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"`,
			`spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive`,
			`spec.hostname: Invalid value: "a.b": must not contain dots`}},
	})
}
