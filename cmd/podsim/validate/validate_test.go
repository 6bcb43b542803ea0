package validate

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/podspec"
)

func TestExitCodeTellsInvalidFromUnreadable(t *testing.T) {
	bad := &podspec.Problem{Source: "a.yaml", Reason: podspec.Invalid, Err: errors.New("bad")}
	missing := &podspec.Problem{Source: "b.yaml", Reason: podspec.Unreadable, Err: errors.New("no such file or directory")}
	for _, c := range []struct {
		name string
		err  podspec.Problems
		want int
	}{
		{"invalid", podspec.Problems{bad}, 1},
		{"unreadable", podspec.Problems{missing}, 2},
		{"both", podspec.Problems{bad, missing}, 2},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestReportNamesEveryProblem(t *testing.T) {
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	err := printReport(streams.Out, nil, podspec.Problems{{
		Source: "a.yaml", Document: 2, Line: 7, Kind: "Pod", Name: "web", Reason: podspec.Invalid,
		Err: field.Required(field.NewPath("spec", "containers"), ""),
	}})
	if code, text := exit.Report(err); code != 1 || text != "" {
		t.Errorf("exit %d, %q", code, text)
	}
	const want = `{
  "valid": false,
  "problems": [
    {
      "source": "a.yaml",
      "document": 2,
      "line": 7,
      "kind": "Pod",
      "name": "web",
      "path": "spec.containers",
      "reason": "Invalid",
      "message": "Required value"
    }
  ],
  "warnings": []
}
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out, want)
	}
}

func TestValidObjectsAreNamed(t *testing.T) {
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	pod, config := &corev1.Pod{}, &corev1.ConfigMap{}
	pod.Name, config.Name = "web", "settings"
	if err := printValid(streams.Out, &podspec.Manifest{Pods: []*corev1.Pod{pod}, ConfigMaps: []*corev1.ConfigMap{config}}); err != nil {
		t.Fatal(err)
	}
	if want := "pod/web is valid\nconfigmap/settings is valid\n"; out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
}
