package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsAreFoundInTheText(t *testing.T) {
	text := `metadata:
  name: web
  annotations:
    a.b/c: d
spec:
  containers:
  - &first
    name: a
    env:
    - name: A
      value: x
  - <<: *first
    name: b
  - *first
  volumes: [{name: v}, {name: w}]
  hostname: a
  hostname: b
`
	cases := []struct {
		path string
		want int // line of the source, which has 100 lines before the document
	}{
		{"", 101},
		{"metadata.name", 102},
		{"metadata.labels[x]", 101},
		{"metadata.annotations[a.b/c]", 104},
		{"spec.containers[0]", 107},
		{"spec.containers[0].image", 107},
		{"spec.containers[0].env[0].value", 111},
		{"spec.containers[1].name", 113},
		{"spec.containers[1].env[0].value", 111},
		{"spec.containers[2].name", 108},
		{"spec.containers[7].name", 106},
		{"spec.containers.name", 106},
		{"spec.volumes[1].name", 115},
		{"spec.hostname", 117},
		{"[]", 101},
		{"nothing.like[that", 101},
	}
	finder, _ := newLineFinder(document{line: 101, text: []byte(text)})
	for _, c := range cases {
		if got := finder.line(c.path); got != c.want {
			t.Errorf("%s: got line %d, want %d", c.path, got, c.want)
		}
	}
	if got := finder.at("spec.containers[0]").line("env[0].name"); got != 110 {
		t.Errorf("below a part: got line %d", got)
	}
	if diff := cmp.Diff([]string{"spec.hostname"}, repeatedPaths(finder)); diff != "" {
		t.Error(diff)
	}
}

func repeatedPaths(f lineFinder) []string {
	var paths []string
	for _, r := range f.repeatedKeys() {
		paths = append(paths, r.path)
	}
	return paths
}

func TestFieldPathsAreSplit(t *testing.T) {
	cases := []struct {
		path string
		want []string
	}{
		{"", nil},
		{"spec.containers[0].image", []string{"spec", "containers", "0", "image"}},
		{"metadata.labels[a.b/c]", []string{"metadata", "labels", "a.b/c"}},
		{"spec.resources.containers[0][cpu].limits", []string{"spec", "resources", "containers", "0", "cpu", "limits"}},
		{"[]", []string{""}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, splitFieldPath(c.path)); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
}
