package validate

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/podspec/manifest"
)

func TestExitCodeTellsInvalidFromUnreadable(t *testing.T) {
	bad := &manifest.Problem{Source: "a.yaml", Reason: manifest.Invalid, Err: errors.New("bad")}
	missing := &manifest.Problem{Source: "b.yaml", Reason: manifest.Unreadable, Err: errors.New("no such file or directory")}
	for _, c := range []struct {
		name string
		err  manifest.Problems
		want int
	}{
		{"invalid", manifest.Problems{bad}, 1},
		{"unreadable", manifest.Problems{missing}, 2},
		{"both", manifest.Problems{bad, missing}, 2},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestReportNamesEveryProblem(t *testing.T) {
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	err := printReport(streams.Out, nil, manifest.Problems{{
		Source: "a.yaml", Document: 2, Line: 7, Kind: "Pod", Name: "web", Reason: manifest.Invalid,
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
	if err := printValid(streams.Out, &manifest.Contents{Pods: []*corev1.Pod{pod}, ConfigMaps: []*corev1.ConfigMap{config}}); err != nil {
		t.Fatal(err)
	}
	if want := "pod/web is valid\nconfigmap/settings is valid\n"; out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
}
