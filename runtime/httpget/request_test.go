package httpget

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestRequestGoesWhereTheActionSays(t *testing.T) {
	c := &corev1.Container{Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}}
	for name, test := range map[string]struct {
		action corev1.HTTPGetAction
		podIP  string
		want   string
	}{
		"to the pod":               {corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80/healthz"},
		"to a named port":          {corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("web")}, "10.0.0.5", "http://10.0.0.5:8080/"},
		"to a host":                {corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(80), Host: "example.test"}, "10.0.0.5", "http://example.test:80/"},
		"to an IPv6 address":       {corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(80)}, "fd00::5", "http://[fd00::5]:80/"},
		"over TLS":                 {corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(443), Scheme: corev1.URISchemeHTTPS}, "10.0.0.5", "https://10.0.0.5:443/"},
		"with a query":             {corev1.HTTPGetAction{Path: "/ready?deep=1&x=a%20b", Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80/ready?deep=1&x=a%20b"},
		"without a leading slash":  {corev1.HTTPGetAction{Path: "ready", Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80/ready"},
		"without a path":           {corev1.HTTPGetAction{Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80"},
		"not to a host in a path":  {corev1.HTTPGetAction{Path: "//example.test/x", Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80/x"},
		"to a path that is no URL": {corev1.HTTPGetAction{Path: "/100%", Port: intstr.FromInt32(80)}, "10.0.0.5", "http://10.0.0.5:80/100%25"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := NewRequest(&test.action, c, test.podIP, "agent/1")
			if err != nil {
				t.Fatal(err)
			}
			if got := request.URL.String(); got != test.want || request.Method != http.MethodGet {
				t.Errorf("asked %s %s, want GET %s", request.Method, got, test.want)
			}
		})
	}
}

func TestRequestCarriesTheHeadersOfTheAction(t *testing.T) {
	for name, test := range map[string]struct {
		given []corev1.HTTPHeader
		want  http.Header
		host  string
	}{
		"none":                 {nil, http.Header{"User-Agent": {"agent/1"}, "Accept": {"*/*"}}, ""},
		"others than defaults": {[]corev1.HTTPHeader{{Name: "user-agent", Value: "me"}, {Name: "ACCEPT", Value: "text/html"}}, http.Header{"User-Agent": {"me"}, "Accept": {"text/html"}}, ""},
		"empty ones":           {[]corev1.HTTPHeader{{Name: "User-Agent"}, {Name: "Accept"}, {Name: "X-Empty"}}, http.Header{"User-Agent": {""}, "X-Empty": {""}}, ""},
		"one name twice":       {[]corev1.HTTPHeader{{Name: "x-a", Value: "1"}, {Name: "X-A", Value: "2"}}, http.Header{"User-Agent": {"agent/1"}, "Accept": {"*/*"}, "X-A": {"1", "2"}}, ""},
		"a host":               {[]corev1.HTTPHeader{{Name: "host", Value: "example.test"}}, http.Header{"User-Agent": {"agent/1"}, "Accept": {"*/*"}, "Host": {"example.test"}}, "example.test"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := NewRequest(&corev1.HTTPGetAction{Port: intstr.FromInt32(80), HTTPHeaders: test.given}, &corev1.Container{}, "10.0.0.5", "agent/1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, request.Header); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if request.Host != test.host {
				t.Errorf("host header is %q, want %q", request.Host, test.host)
			}
		})
	}
}
