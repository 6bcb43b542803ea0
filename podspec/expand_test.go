package podspec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestReferencesAreExpanded(t *testing.T) { // (S9.5)
	values := map[string]string{"A": "1", "B": "$(A)", "EMPTY": "", "a b": "blank", "A$(B": "odd"}
	lookup := func(name string) (string, bool) { value, ok := values[name]; return value, ok }
	cases := []struct{ name, text, want string }{
		{"nothing to do", "plain", "plain"},
		{"an empty text", "", ""},
		{"a reference", "x$(A)y", "x1y"},
		{"two references", "$(A)$(A)", "11"},
		{"an empty value", "x$(EMPTY)y", "xy"},
		{"an unknown name", "$(X)", "$(X)"},
		{"an escaped reference", "$$(A)", "$(A)"},
		{"an escaped dollar before a reference", "$$$(A)", "$1"},
		{"two dollars", "$$", "$"},
		{"three dollars", "$$$", "$$"},
		{"a name without parentheses", "$A", "$A"},
		{"a parenthesis that is not closed", "$(A", "$(A"},
		{"an open parenthesis and a reference later", "$(A $(A)", "$(A $(A)"},
		{"a dollar at the end", "a$", "a$"},
		{"a dollar before something else", "$-x", "$-x"},
		{"an empty name", "$()", "$()"},
		{"a name with blanks", "$(a b)", "blank"},
		{"a name up to the first closing parenthesis", "$(A$(B)", "odd"},
		{"a value that looks like a reference", "$(B)", "$(A)"},
		{"escapes inside what is not closed", "$(A$$", "$(A$"},
	}
	for _, c := range cases {
		if got := expand(c.text, lookup); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestTheCommandOfAProbeSeesWhatTheManifestSays(t *testing.T) { // (S6.20)
	c := &corev1.Container{Env: []corev1.EnvVar{
		{Name: "A", Value: "1"},
		{Name: "B", Value: "x$(A)"},
		{Name: "C", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "A", Value: "2"},
	}}
	got := ExpandStatic(c, []string{"$(A)", "$(B)", "-$(C)-", "$(D)", "$$(A)", "$A"})
	if diff := cmp.Diff([]string{"2", "x$(A)", "--", "$(D)", "$(A)", "$A"}, got); diff != "" {
		t.Error(diff)
	}
	if got := ExpandStatic(c, nil); got != nil {
		t.Errorf("no command became %q", got)
	}
}
