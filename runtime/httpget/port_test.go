package httpget

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestPortIsANumberOrANameInTheSameContainer(t *testing.T) {
	c := &corev1.Container{Ports: []corev1.ContainerPort{{ContainerPort: 1}, {Name: "web", ContainerPort: 8080, HostPort: 80}}}
	for name, test := range map[string]struct {
		port intstr.IntOrString
		want int
		err  string
	}{
		"a number":               {intstr.FromInt32(9090), 9090, ""},
		"a name":                 {intstr.FromString("web"), 8080, ""},
		"a name of nobody":       {intstr.FromString("x"), 0, `port "x" not found`},
		"a number in words":      {intstr.FromString("8080"), 0, `port "8080" not found`},
		"no port":                {intstr.FromInt32(0), 0, "invalid port number: 0"},
		"a number that is large": {intstr.FromInt32(65536), 0, "invalid port number: 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ResolvePort(test.port, c)
			if text(err) != test.err || err == nil && got != test.want {
				t.Errorf("got %d, %q, want %d, %q", got, text(err), test.want, test.err)
			}
		})
	}
}

// text is an error's text, "" for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
