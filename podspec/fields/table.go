package fields

import (
	"iter"
	"strings"
)

// Support says what podsim does with a field.
type Support int

const (
	Honoured  Support = iota + 1
	InPart            // honoured but for what the field's description says; some values may be refused
	NoMeaning         // accepted; there is nothing on one machine that it could change, or nothing that podsim does with it
	Refused           // not yet supported
	ServerSet         // what a server says of a pod it has; taken off a manifest
)

// String names the class in print.
func (s Support) String() string {
	return map[Support]string{Honoured: "honoured", InPart: "honoured in part", NoMeaning: "no local meaning", Refused: "refused",
		ServerSet: "dropped"}[s]
}

// Field describes a field of a pod, or one that several of its structs have in common.
type Field struct {
	// Path is the field's path without indices, below spec unless it begins with metadata. Init and ephemeral containers are
	// containers here. A first part that is the Name of a Shared stands for each of its Paths.
	Path string
	// Support of Honoured and InPart is that of this field alone, any other covers all that is below it.
	Support Support
	// Behaviour is what a node, a scheduler or an API server does with the field, and where podsim differs.
	Behaviour string
}

// Gate is the feature gate that the field, or one that it is below, needs to exist; "" if it needs none.
func (f Field) Gate() string {
	for path := range upwards(f.Path) {
		if gate := gateOfPattern(path); gate != "" {
			return gate
		}
	}
	return ""
}

// Section is a part of the table.
type Section struct {
	Title, Introduction string
	Fields              []Field
}

// Table is what podsim does with every field of v1.PodSpec and v1.ObjectMeta. A test holds it complete. Fields that are honoured with
// some values only are looked at in unsupportedValues and in valuesWithoutMeaning as well.
func Table() []Section {
	return []Section{podSection, containerSection, resourceSection, probeSection, hookSection, securitySection, mountSection, volumeSection, metadataSection}
}

// byPath are the fields of the table by their paths.
var byPath = indexed(Table())

func indexed(table []Section) map[string]Field {
	index := map[string]Field{}
	for _, section := range table {
		for _, f := range section.Fields {
			index[f.Path] = f
		}
	}
	return index
}

// described returns the entry for the field with that pattern, not for one that it is below. It has a Support of 0 if there is none.
func described(pattern string) Field {
	for name := range namesOf(pattern) {
		if f, ok := byPath[name]; ok {
			return f
		}
	}
	return Field{}
}

// supportOf is the Support of the field with that pattern, 0 for a struct of which only the fields are in the table.
func supportOf(pattern string) Support { return described(pattern).Support }

// goesOn tells whether fields below one with this support are looked at on their own.
func (s Support) goesOn() bool { return s == 0 || s == Honoured || s == InPart }

// upwards yields a path, and those of all that it is below.
func upwards(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for end := len(path); end > 0; end = strings.LastIndex(path[:end], ".") {
			if !yield(path[:end]) {
				return
			}
		}
	}
}
