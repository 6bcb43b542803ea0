package podtest

import "testing"

func TestATextToApplyHasOneObject(t *testing.T) {
	const one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {text: \"a\\n---\\nb\"}\n"
	for _, row := range []struct{ name, text, want string }{
		{"one", one, ""},
		{"one between markers and comments", "# what it is\n---\n" + one + "---\n# the end\n", ""},
		{"JSON", `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}`, ""},
		{"two", one + "---\nkind: Secret\nmetadata: {name: two}\n",
			`there are 2 objects (ConfigMap "one", Secret "two") where ApplyYAML takes one`},
		{"two of JSON", `{"kind": "ConfigMap", "metadata": {"name": "one"}} {"kind": "Secret"}`,
			`there are 2 objects (ConfigMap "one", Secret "") where ApplyYAML takes one`},
		{"none", "# nothing\n", "there is no object in the text"},
		{"empty", "", "there is no object in the text"},
	} {
		content, err := oneObject(row.text)
		if row.want == "" {
			if err != nil || content["kind"] != "ConfigMap" {
				t.Errorf("%s: %v, error %v", row.name, content, err)
			}
		} else if err == nil || err.Error() != row.want {
			t.Errorf("%s: error %v, want %s", row.name, err, row.want)
		}
	}
	if content, err := oneObject("kind: {"); err == nil {
		t.Errorf("broken: %v", content)
	}
}
