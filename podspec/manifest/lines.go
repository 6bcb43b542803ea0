package manifest

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// lineFinder finds the line of a field in the text that a document was decoded from.
type lineFinder struct {
	node   *yaml.Node // nil when the text could not be parsed for lines
	offset int        // added to the node's lines, which count from the document's start
}

// newLineFinder parses a document a second time, for lines only; without lines, problems are still named by document and
// field. The value of a document can be followed by text that decoders pass over without a word: rest is the line of the
// source on which it starts, 0 when there is none.
func newLineFinder(doc document) (finder lineFinder, rest int) {
	finder = lineFinder{offset: doc.line - 1}
	decoder := yaml.NewDecoder(bytes.NewReader(doc.text))
	var root, next yaml.Node
	if err := decoder.Decode(&root); err != nil || len(root.Content) == 0 {
		return finder, 0
	}
	finder.node = root.Content[0]
	switch err := decoder.Decode(&next); err {
	case io.EOF:
		return finder, 0
	case nil:
		return finder, finder.offset + next.Line
	default:
		return finder, finder.offset + 1 + parserErrorLine(err)
	}
}

// parserErrorLine is the line in an error of YAML's parser, which counts from 0 and leaves the first one out.
func parserErrorLine(err error) int {
	found := yamlLine.FindStringSubmatch(err.Error())
	if found == nil {
		return 0
	}
	line, _ := strconv.Atoi(found[1]) // digits, by the expression
	return line
}

// line returns the line of the deepest part of the field path that is in the text: the field itself, or, when it is
// missing, what it is missing from. Without a parsed text it is the document's first line.
func (f lineFinder) line(fieldPath string) int {
	if f.node == nil {
		return f.offset + 1
	}
	node, line := f.node, f.node.Line
	for _, segment := range splitFieldPath(fieldPath) {
		key, value := child(node, segment)
		if value == nil {
			break
		}
		node, line = value, key.Line
	}
	return f.offset + line
}

// at returns the finder for one part of the document, such as one item of a List.
func (f lineFinder) at(fieldPath string) lineFinder {
	node := f.node
	for _, segment := range splitFieldPath(fieldPath) {
		if node == nil {
			break
		}
		_, node = child(node, segment)
	}
	return lineFinder{node: node, offset: f.offset}
}

// child returns the entry of a mapping or sequence and the node that stands where the entry starts; nil when there is
// none.
func child(node *yaml.Node, segment string) (key, value *yaml.Node) {
	node = resolveAlias(node)
	switch node.Kind {
	case yaml.MappingNode:
		for i := len(node.Content) - 2; i >= 0; i -= 2 { // the last of equal keys counts
			if node.Content[i].Value == segment {
				return node.Content[i], node.Content[i+1]
			}
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Tag == "!!merge" {
				if key, value := childOfMerged(node.Content[i+1], segment); value != nil {
					return key, value
				}
			}
		}
	case yaml.SequenceNode:
		if index, err := strconv.Atoi(segment); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index], node.Content[index]
		}
	}
	return nil, nil
}

func childOfMerged(merged *yaml.Node, segment string) (key, value *yaml.Node) {
	merged = resolveAlias(merged)
	if merged.Kind != yaml.SequenceNode {
		return child(merged, segment)
	}
	for _, node := range merged.Content {
		if key, value := child(node, segment); value != nil {
			return key, value
		}
	}
	return nil, nil
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}

// splitFieldPath cuts spec.volumes[0].configMap or metadata.labels[a.b/c] into its keys and indices.
func splitFieldPath(path string) []string {
	var segments []string
	for path != "" {
		switch end := strings.IndexAny(path, ".["); {
		case path[0] == '.':
			path = path[1:]
		case path[0] == '[':
			key, rest, _ := strings.Cut(path[1:], "]")
			segments, path = append(segments, key), rest
		case end < 0:
			return append(segments, path)
		default:
			segments, path = append(segments, path[:end]), path[end:]
		}
	}
	return segments
}

// repeatedKeys lists the keys that a mapping has already had; the last of equal ones is what counts.
func (f lineFinder) repeatedKeys() []repeatedKey {
	if f.node == nil {
		return nil
	}
	return appendRepeatedKeys(nil, f.node, "", f.offset)
}

type repeatedKey struct {
	path string
	line int
}

func appendRepeatedKeys(found []repeatedKey, node *yaml.Node, path string, offset int) []repeatedKey {
	switch node.Kind {
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			below := strings.TrimPrefix(path+"."+key.Value, ".")
			if seen[key.Value] && key.Tag != "!!merge" {
				found = append(found, repeatedKey{path: below, line: offset + key.Line})
			}
			seen[key.Value] = true
			found = appendRepeatedKeys(found, node.Content[i+1], below, offset)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			found = appendRepeatedKeys(found, item, fmt.Sprintf("%s[%d]", path, i), offset)
		}
	}
	return found
}
