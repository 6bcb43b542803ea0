package podspec

import (
	"strings"
	"testing"
)

func TestAVariableFromAFile(t *testing.T) { // (S9.22)
	const text = "# settings\n\n  A='first'\nB='two\nlines' # and a comment\nEMPTY=''\nSPACE= 'no'\nC='$(A) \"\\n'\r\nA='again'\n"
	long := strings.Repeat("x", 64<<10)
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
		{"blanks before a name and a comment", " \t # no\n\tA='x'", "A", "x", ""},
		{"a # in the value", "A='b # c'", "A", "b # c", ""},
		{"a name with blanks in it", "export A='x'\nA='y'", "A", "y", ""},
		{"blank lines of a value, and comments in it", "A='\n\n# x\n'", "A", "\n\n# x\n", ""},
		{"an assignment in a value", "A='\nB='\nB='x'", "B", "x", ""},
		{"a line that is too long", "A='" + long + "'", "A", "", "bufio.Scanner: token too long"},
		{"a value of many lines is not", "A='" + strings.Repeat("x\n", 64<<10) + "'", "A", strings.Repeat("x\n", 64<<10), ""},
		{"nothing behind =", "A=", "A", "", "line 1: value must be enclosed in single quotes"},
		{"two values side by side", "A='x''y'", "A", "", "line 1: unexpected content after closing quote"},
		{"no =", "A='x'\nB\n", "B", "", "line 2: missing '='"},
		{"no name", "='x'", "A", "", "line 1: empty variable name"},
		{"white space before =", "A ='x'", "A", "", "line 1: whitespace before '=' is not allowed"},
		{"no quotes", "A=x", "A", "", "line 1: value must be enclosed in single quotes"},
		{"double quotes", `A="x"`, "A", "", "line 1: value must be enclosed in single quotes"},
		{"no end of the quote", "A='x\ny\n", "A", "", "line 1: unclosed single quote"},
		{"text behind the value", "B='1\n2'\nA='x'y", "A", "", "line 3: unexpected content after closing quote"},
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
			t.Errorf("%s: got %.80q, %q", c.name, got, gotErr)
		}
	}
}
