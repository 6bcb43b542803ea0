package podspec

import "testing"

func TestAVariableFromAFile(t *testing.T) { // (S9.22)
	const text = "# settings\n\n  A='first'\nB='two\nlines' # and a comment\nEMPTY=''\nSPACE= 'no'\nC='$(A) \"\\n'\r\nA='again'\n"
	cases := []struct {
		name, text, key, want, wantErr string
	}{
		{"the first of two", text, "A", "first", ""},
		{"several lines", text, "B", "two\nlines", ""},
		{"nothing is expanded or escaped, and carriage returns end lines", text, "C", `$(A) "\n`, ""},
		{"empty", text, "EMPTY", "", ""},
		{"white space behind =", text, "SPACE", "", ""},
		{"not there", text, "Z", "", ""},
		{"no line at all", "", "A", "", ""},
		{"the last line needs no end", "A='x'", "A", "x", ""},
		{"an = in the value", "A='b=c'", "A", "b=c", ""},
		{"no =", "A='x'\nB\n", "B", "", "line 2: missing '='"},
		{"no name", "='x'", "A", "", "line 1: empty variable name"},
		{"white space before =", "A ='x'", "A", "", "line 1: whitespace before '='"},
		{"no quotes", "A=x", "A", "", "line 1: the value is not in single quotes"},
		{"double quotes", `A="x"`, "A", "", "line 1: the value is not in single quotes"},
		{"no end of the quote", "A='x\ny\n", "A", "", "line 1: a quote that is not closed"},
		{"text behind the value", "B='1\n2'\nA='x'y", "A", "", "line 3: text after the value"},
		{"what follows the key is not looked at", "A='x'\nnonsense", "A", "x", ""},
		{"what precedes it is", "nonsense\nA='x'", "A", "", "line 1: missing '='"},
	}
	for _, c := range cases {
		got, err := envFileValue(c.text, c.key)
		gotErr := ""
		if err != nil {
			gotErr = err.Error()
		}
		if got != c.want || gotErr != c.wantErr {
			t.Errorf("%s: got %q, %q", c.name, got, gotErr)
		}
	}
}
