package down

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/exit"
)

func TestArgumentsAreTakenForPodsOrManifestsByTheirForm(t *testing.T) {
	for arg, want := range map[string]string{
		"web":                      "web",
		"web.v1":                   "web.v1",
		"pod/web":                  "web",
		"pods/web":                 "web",
		"pod.yaml":                 "",
		"pod/web.yaml":             "",
		"web.json":                 "",
		"./web":                    "",
		"manifests/":               "",
		"-":                        "",
		".":                        "",
		"https://example.com/pods": "",
	} {
		pod, isPod := podName(arg)
		if pod != want || isPod != (want != "") {
			t.Errorf("%s: %q %v, want %q", arg, pod, isPod, want)
		}
	}
}

// podWithClaim uses the claim of that name.
func podWithClaim(podName, claimName string) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Name, pod.Namespace = podName, "default"
	pod.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName}}}}
	return pod
}

func claim(claimName string) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{}
	c.Name, c.Namespace = claimName, "default"
	return c
}

func TestDownGoesOnAfterAPodThatIsNotThere(t *testing.T) {
	api := fake.NewClientset(podWithClaim("web", "data"), podWithClaim("db", "data"), podWithClaim("other", "shared"), podWithClaim("cache", "shared"), claim("data"), claim("shared"))
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	o := &options{session: &client.Session{}, gracePeriod: -1, volumes: true, IOStreams: streams}
	connection := &client.Connection{Client: api, Reconnect: func(context.Context) error { return nil }}

	err := o.takeDown(t.Context(), connection, targets{pods: []name{{"default", "web"}, {"default", "nope"}, {"default", "db"}, {"default", "cache"}}})

	if code, text := exit.Report(err); code != 1 || text != "Error from server (NotFound): pods \"nope\" not found\n" {
		t.Errorf("exit %d: %q", code, text)
	}
	if want := "pod \"web\" deleted\npod \"db\" deleted\npod \"cache\" deleted\npersistentvolumeclaim \"data\" deleted\n"; out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if want := "Warning: persistentvolumeclaim \"shared\" stays, because pod \"other\" uses it\n"; errOut.String() != want {
		t.Errorf("got %q, want %q", errOut, want)
	}
	left, err := api.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestSeveralErrorsAreToldLineByLine(t *testing.T) {
	api := fake.NewClientset()
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	o := &options{session: &client.Session{}, gracePeriod: 0, IOStreams: streams}
	err := o.takeDown(t.Context(), &client.Connection{Client: api}, targets{pods: []name{{"default", "a"}, {"default", "b"}}})
	const want = "Error from server (NotFound): pods \"a\" not found\nError from server (NotFound): pods \"b\" not found\n"
	if code, text := exit.Report(err); code != 1 || text != want {
		t.Errorf("exit %d: %q", code, text)
	}
}

func TestATimeoutIsToldOnceBesideWhatElseFailed(t *testing.T) {
	late := errors.New("the pods are not gone after 1s; they go on ending")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 0, late)
	defer cancel()
	<-ctx.Done()
	refused, waiting := errors.New("refused"), fmt.Errorf("waiting until pod %q is gone: %w", "web", ctx.Err())
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want string
	}{
		{"in time", t.Context(), errors.Join(refused), "refused"},
		{"done when the time ran out", ctx, nil, ""},
		{"late", ctx, waiting, late.Error()},
		{"late for two, and another trouble", ctx, errors.Join(refused, errors.Join(waiting, waiting)), "refused\n" + late.Error()},
		{"another trouble alone", ctx, refused, "refused"},
	} {
		got := ""
		if err := inTime(c.ctx, c.err); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFlagsThatContradictAreRefused(t *testing.T) {
	for _, c := range []struct {
		o    options
		args []string
		ok   bool
	}{
		{options{}, nil, false},
		{options{all: true}, []string{"web"}, false},
		{options{allNamespaces: true}, []string{"web"}, false},
		{options{timeout: -1}, []string{"web"}, false},
		{options{all: true, allNamespaces: true}, nil, true},
		{options{filenames: []string{"pod.yaml"}}, nil, true},
	} {
		if err := c.o.validate(c.args); (err == nil) != c.ok {
			t.Errorf("%+v %v: %v", c.o, c.args, err)
		}
	}
	if !slices.Equal(claimsOf(nil), nil) {
		t.Error("claims of no pods")
	}
}
