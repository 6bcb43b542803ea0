package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextsAreInputsAfterTheOthers(t *testing.T) {
	generated := strings.Replace(namedPod("x"), "name: x", "generateName: job-", 1)
	loaded, err := load(t, map[string]string{"one.yaml": namedPod("one")}, Options{Texts: []Text{
		{Name: "the first", Content: "\xef\xbb\xbf" + strings.ReplaceAll(namedPod("two"), "\n", "\r\n")},
		{Name: "the second", Content: generated}, {Name: "the third", Content: generated},
	}}, "one.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := podNames(loaded)
	if len(names) != 4 || names[2] == names[3] {
		t.Fatalf("there are %q", names)
	}
	if diff := cmp.Diff([]string{"default/one", "default/two"}, names[:2]); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsOfTextsSayWhere(t *testing.T) {
	broken := strings.Replace(namedPod("web"), "image", "imag", 1)
	for _, row := range []struct {
		name  string
		texts []Text
		want  string
	}{
		{"a field", []Text{{Name: "a text", Content: "# one\n---\n" + broken}}, `a text:6: document 1 (Pod "web"): strict decoding error`},
		{"a field of what was made", []Text{{Name: "a text", Content: broken, Made: true}}, `a text (Pod "web"): strict decoding error`},
		{"twice", []Text{{Name: "a text", Content: namedPod("web")}, {Name: "another", Content: namedPod("web")}},
			`another:3: document 1 (Pod "web"): metadata.name: given twice, first at a text:3: document 1 (Pod "web")`},
		{"twice in what was made", []Text{{Name: "a text", Content: namedPod("web") + "---\n" + namedPod("web"), Made: true}},
			`a text (Pod "web"): metadata.name: given twice, first at a text (Pod "web")`},
		{"nothing", []Text{{Name: "a text"}}, "a text: no Kubernetes object: it is empty"},
		{"nothing to run", []Text{{Name: "a text", Content: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"}},
			"a text: nothing to run: there is no Pod"},
	} {
		if _, err := Load(t.Context(), nil, Options{Texts: row.texts}); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s", row.name, err, row.want)
		}
	}
}
