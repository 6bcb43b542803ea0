package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// document is one YAML or JSON document of a source.
type document struct {
	source string
	number int    // from 1
	line   int    // the line of the source on which text starts, from 1
	text   []byte // never empty of content
}

// splitDocuments cuts a source into its documents. Documents that hold nothing but blank lines, comments and
// directives are left out and not counted. The problem is about what follows the documents; nil when it is in order.
func splitDocuments(s source) ([]document, *Problem) {
	if utilyaml.IsJSONBuffer(s.text) {
		documents, end, err := splitJSON(s)
		switch {
		case err == nil:
			return documents, nil
		case len(documents) > 0 && !continuesAsYAML(s.text[end:]):
			return documents, brokenJSON(s, len(documents)+1, end, err)
		}
	}
	return splitYAML(s), nil
}

// splitJSON cuts a stream of JSON values. The error is about what follows the last whole value, which ends at end.
func splitJSON(s source) (documents []document, end int, err error) {
	decoder := json.NewDecoder(bytes.NewReader(s.text))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if err == io.EOF {
			return documents, end, nil
		}
		if err != nil {
			return documents, end, err
		}
		end = int(decoder.InputOffset())
		start := end - len(value)
		documents = append(documents, document{
			source: s.name,
			number: len(documents) + 1,
			line:   lineAt(s.text, start),
			// YAML, which is used to find lines, does not take tabs as white space; JSON has none inside strings.
			text: bytes.ReplaceAll(value, []byte("\t"), []byte(" ")),
		})
	}
}

// continuesAsYAML is true when what follows a JSON value can only be meant as YAML: a document marker or a comment.
func continuesAsYAML(rest []byte) bool {
	rest = bytes.TrimSpace(rest)
	for _, start := range []string{"---", "...", "#"} {
		if bytes.HasPrefix(rest, []byte(start)) {
			return true
		}
	}
	return false
}

// brokenJSON is the problem with the document that follows the last whole value of a stream.
func brokenJSON(s source, number, end int, err error) *Problem {
	at := end + bytes.IndexFunc(s.text[end:], func(r rune) bool { return !unicode.IsSpace(r) })
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = int(syntax.Offset) - 1
	}
	return &Problem{Source: s.name, Document: number, Line: lineAt(s.text, at), Reason: Unreadable, Err: fmt.Errorf("not JSON: %w", err)}
}

// lineAt is the line, from 1, of the byte at that offset.
func lineAt(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }

// splitYAML cuts at the lines that start with the markers --- and ..., wherever they stand, as YAML says.
func splitYAML(s source) []document {
	var documents []document
	var text []byte
	start, hasContent := 1, false
	flush := func(next int) {
		if hasContent {
			documents = append(documents, document{source: s.name, number: len(documents) + 1, line: start, text: text})
		}
		text, start, hasContent = nil, next, false
	}
	for number, line := range bytes.SplitAfter(s.text, []byte("\n")) {
		if rest, ok := cutMarker(line); ok {
			flush(number + 1)
			line = rest
		}
		content := bytes.TrimSpace(line)
		switch {
		case len(content) == 0 || content[0] == '#':
		case !hasContent && line[0] == '%': // a directive; kept out of the text, in which it would stand without its marker
			line = []byte("\n")
		default:
			hasContent = true
		}
		text = append(text, line...)
	}
	flush(0)
	return documents
}

// cutMarker takes a document marker off the start of a line. What follows it belongs to the next document; spaces
// take the marker's place so that columns stay right.
func cutMarker(line []byte) (rest []byte, ok bool) {
	for _, marker := range []string{"---", "..."} {
		rest, found := bytes.CutPrefix(line, []byte(marker))
		if found && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\n")) {
			return append([]byte("   "), rest...), true
		}
	}
	return nil, false
}
