package podspec_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestHostnameOfAPod(t *testing.T) { // (S10.10 to S10.12)
	long := strings.Repeat("a", 62) + "-b"
	cases := []struct{ name, pod, spec, want, wantDomain, wantKernel string }{
		{"the pod's name", "web", "{}", "web", "", "web"},
		{"a name with dots", "a.b", "{}", "a.b", "", "a.b"},
		{"spec.hostname", "web", "{hostname: h}", "h", "", "h"},
		{"a subdomain", "web", "{subdomain: s}", "web", "s.ns.svc.cluster.local", "web"},
		{"hostname and subdomain", "web", "{hostname: h, subdomain: s}", "h", "s.ns.svc.cluster.local", "h"},
		{"the full name", "web", "{subdomain: s, setHostnameAsFQDN: true}", "web", "s.ns.svc.cluster.local", "web.s.ns.svc.cluster.local"},
		{"the full name without a subdomain", "web", "{setHostnameAsFQDN: true}", "web", "", "web"},
		{"an override", "web", "{hostname: h, subdomain: s, hostnameOverride: o.example}", "o.example", "", "o.example"},
		{"a long name is cut, also its dashes", long + "cd", "{}", strings.Repeat("a", 62), "", strings.Repeat("a", 62)},
		{"a long name is cut, also its dots", strings.Repeat("a", 61) + "-." + "cd", "{}", strings.Repeat("a", 61), "", strings.Repeat("a", 61)},
		{"a long override is cut", "web", "{hostnameOverride: " + long + "}", strings.Repeat("a", 62), "", strings.Repeat("a", 62)},
		{"a name of 63 characters stays", strings.Repeat("a", 63), "{}", strings.Repeat("a", 63), "", strings.Repeat("a", 63)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := &corev1.Pod{Spec: spectest.Spec(t, c.spec)}
			pod.Name, pod.Namespace = c.pod, "ns"
			if hostname, domain := podspec.Hostname(pod); hostname != c.want || domain != c.wantDomain {
				t.Errorf("got %q, %q", hostname, domain)
			}
			if kernel, err := podspec.KernelHostname(pod); err != nil || kernel != c.wantKernel {
				t.Errorf("kernel: got %q, %v", kernel, err)
			}
		})
	}
}

func TestAFullHostnameThatIsTooLongIsAnError(t *testing.T) { // (S10.11)
	pod := &corev1.Pod{Spec: spectest.Spec(t, "{subdomain: s, setHostnameAsFQDN: true}")}
	pod.Name, pod.Namespace = strings.Repeat("a", 50), "ns"
	want := "failed to construct FQDN from pod hostname and cluster domain, FQDN " + pod.Name +
		".s.ns.svc.cluster.local is too long (64 characters is the max, 73 characters requested)"
	if _, err := podspec.KernelHostname(pod); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestQOSClassOfAPod(t *testing.T) { // (S13.1, S13.2)
	equal, some := "{limits: {cpu: 1, memory: 1Gi}}", "{requests: {cpu: 1}}"
	cases := []struct {
		name, init, main, pod string
		want                  corev1.PodQOSClass
	}{
		{"nothing asked for", "{}", "{}", "{}", corev1.PodQOSBestEffort},
		{"storage only", "{}", "{limits: {ephemeral-storage: 1Gi}}", "{}", corev1.PodQOSBestEffort},
		{"limits everywhere", equal, equal, "{}", corev1.PodQOSGuaranteed},
		{"limits of one of two", "{}", equal, "{}", corev1.PodQOSBurstable},
		{"a request alone", equal, some, "{}", corev1.PodQOSBurstable},
		{"one resource of two", "{limits: {cpu: 1}}", "{limits: {cpu: 1}}", "{}", corev1.PodQOSBurstable},
		{"the pod decides alone", "{}", some, equal, corev1.PodQOSGuaranteed},
		{"the pod's request alone", "{}", "{}", "{requests: {cpu: 3}}", corev1.PodQOSBurstable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			spec := "{initContainers: [{name: i, image: i, resources: " + c.init + "}], containers: [{name: c, image: i, resources: " + c.main + "}]"
			if c.pod != "{}" {
				spec += ", resources: " + strings.Replace(c.pod, "limits:", "requests: {cpu: 1, memory: 1Gi}, limits:", 1)
			}
			if got := podspec.QOSClass(spectest.Pod(t, spec+"}")); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestPodIdentityAndSidecars(t *testing.T) {
	pod := spectest.Pod(t, "{initContainers: [{name: a, restartPolicy: Always}, {name: b, restartPolicy: OnFailure}, {name: c}]}")
	pod.UID = "u"
	if got := podspec.PodIdentity(pod); got != "p_default(u)" {
		t.Errorf("got %s", got)
	}
	for i, want := range []bool{true, false, false} {
		if got := podspec.IsSidecar(&pod.Spec.InitContainers[i]); got != want {
			t.Errorf("container %d: got %v", i, got)
		}
	}
}
