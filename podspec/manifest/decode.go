package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// object is one decoded object and where it came from.
type object struct {
	place
	metav1.Object // of one of usedKinds
	gvk           schema.GroupVersionKind
}

// place is where in the inputs something stands.
type place struct {
	source         string
	document, item int // as in Problem
	kind, name     string
	lines          lineFinder
}

// problem is one about a field of the object; fieldPath is "" for the object as a whole.
func (p place) problem(reason Reason, fieldPath string, err error) *Problem {
	return &Problem{
		Source: p.source, Document: p.document, Item: p.item, Line: p.lines.line(fieldPath),
		Kind: p.kind, Name: p.name, Path: fieldPath, Reason: reason, Err: err,
	}
}

// decoder turns documents into objects and hands them on in their order.
type decoder struct {
	object  func(object)
	skipped func(p place, why string) // an object that podsim has no use for
	problem func(*Problem)
	warning func(*Problem)
}

// document decodes one document: YAML to JSON first, with YAML 1.1's ideas of what a number or a boolean is, and then
// strictly typed (S1.1.1).
func (d decoder) document(doc document) {
	at := place{source: doc.source, document: doc.number, lines: lineFinder{offset: doc.line - 1}}
	if len(doc.text) > maxDocumentBytes {
		d.problem(at.problem(Unreadable, "", fmt.Errorf("larger than %d MiB, which is more than podsim reads", maxDocumentBytes>>20)))
		return
	}
	text, err := yaml.YAMLToJSON(doc.text)
	if err != nil {
		d.problem(syntaxProblem(at, doc, err))
		return
	}
	if string(text) == "null" { // as templates leave them; kubectl passes over them, too
		return
	}
	var rest int
	if at.lines, rest = newLineFinder(doc); rest > 0 {
		problem := at.problem(Unreadable, "", errors.New("text after the end of the object: between two documents a line --- is needed"))
		problem.Line = rest
		d.problem(problem)
		return
	}
	for _, repeated := range at.lines.repeatedKeys() {
		d.warning(&Problem{Source: doc.source, Document: doc.number, Line: repeated.line, Reason: Doubtful,
			Err: fmt.Errorf("%s: given more than once, the last one counts", repeated.path)})
	}
	d.value(at, text, schema.GroupVersionKind{})
}

func (d decoder) refuse(at place, fieldPath string, err error) {
	d.problem(at.problem(Invalid, fieldPath, err))
}

// value decodes one JSON value, which is an object or a list of them. The kind is assumed where the value has none.
func (d decoder) value(at place, text []byte, assumed schema.GroupVersionKind) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		d.refuse(at, "", errors.New("not a Kubernetes object: a mapping with apiVersion and kind is needed"))
		return
	}
	for _, field := range []string{"apiVersion", "kind"} {
		if text, ok := fields[field]; ok && !isString(text) {
			d.refuse(at, field, fmt.Errorf("%s: a string is needed", field))
			return
		}
	}
	apiVersion, kind := stringField(fields, "apiVersion"), stringField(fields, "kind")
	if apiVersion == "" && kind == "" {
		apiVersion, kind = assumed.GroupVersion().String(), assumed.Kind
	}
	at.kind, at.name = kind, objectName(fields["metadata"])
	switch {
	case kind == "":
		d.refuse(at, "kind", serverWords("Object 'Kind' is missing"))
		return
	case apiVersion == "":
		d.refuse(at, "apiVersion", serverWords("Object 'apiVersion' is missing"))
		return
	}
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	if element, isList := listElement(gvk); isList {
		d.list(at, fields, element)
		return
	}
	into, used, err := empty(gvk)
	switch {
	case err != nil:
		d.refuse(at, "kind", err)
	case into == nil:
		d.skipped(at, fmt.Sprintf("skipped: podsim does not know the kind %s of %s", kind, apiVersion))
	case !d.typed(text, into, at):
	case !used:
		d.skipped(at, "accepted, but podsim has no use for objects of this kind")
	default:
		into.GetObjectKind().SetGroupVersionKind(gvk)
		d.object(object{place: at, Object: into.(metav1.Object), gvk: gvk})
	}
}

// list decodes the items of a v1 List or of a list of one kind, whose items need not say their kind again.
func (d decoder) list(at place, fields map[string]json.RawMessage, element schema.GroupVersionKind) {
	for field := range fields {
		if !slices.Contains([]string{"apiVersion", "kind", "metadata", "items"}, field) {
			d.refuse(at, field, fmt.Errorf("strict decoding error: unknown field %q", field))
		}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(fields["items"], &items); err != nil && fields["items"] != nil {
		d.refuse(at, "items", errors.New("items: a list of objects is needed"))
		return
	}
	for i, item := range items {
		below := place{source: at.source, document: at.document, item: i + 1, lines: at.lines.at("items[" + strconv.Itoa(i) + "]")}
		d.value(below, item, element)
	}
}

// typed decodes one object strictly: unknown and repeated fields are errors, and so is a value of another type (S1.1.2). It
// returns whether all is well.
func (d decoder) typed(text []byte, into runtime.Object, at place) bool {
	if path := outsizeQuantity(text, into); path != "" {
		d.refuse(at, path, fmt.Errorf("%s: a quantity of so many digits, or with such an exponent, is more than podsim reads", path))
		return false
	}
	strict, err := kjson.UnmarshalStrict(text, into)
	if err != nil {
		path := culprit(text, into, err)
		if path != "" {
			err = fmt.Errorf("%s: %w", path, withoutGoTypes(err))
		} else {
			err = withoutGoTypes(err)
		}
		d.refuse(at, path, err)
		return false
	}
	for _, err := range strict {
		path := ""
		if fieldError, ok := err.(kjson.FieldError); ok {
			path = fieldError.FieldPath()
		}
		err = fmt.Errorf("strict decoding error: %w", err)
		if field := suggestion(path, into); field != "" {
			err = fmt.Errorf("%w, did you mean %q?", err, field)
		}
		d.refuse(at, path, err)
	}
	return len(strict) == 0
}

func stringField(fields map[string]json.RawMessage, name string) string {
	var value string
	if json.Unmarshal(fields[name], &value) != nil {
		return ""
	}
	return value
}

// isString is true for a JSON string and for null.
func isString(text json.RawMessage) bool {
	var value string
	return json.Unmarshal(text, &value) == nil
}

// objectName finds a name to call the object by in messages, whatever state it is in.
func objectName(metadata json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(metadata, &fields) != nil {
		return ""
	}
	return stringField(fields, "name")
}

// yamlLine is the place that the YAML parser puts into its messages; it counts from the document's start.
var yamlLine = regexp.MustCompile(`line (\d+): `)

func syntaxProblem(at place, doc document, err error) *Problem {
	message := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	problem := at.problem(Unreadable, "", nil)
	if found := yamlLine.FindStringSubmatch(message); found != nil {
		if line, err := strconv.Atoi(found[1]); err == nil {
			problem.Line = doc.line - 1 + line
			message = strings.Replace(message, found[0], "", 1)
		}
	}
	problem.Err = errors.New(message)
	return problem
}
