package manifest

import (
	"fmt"
	"strings"
)

// Reason says what is the matter with an input.
type Reason int

const (
	// Unreadable: a source could not be read, or a document of it is no YAML and no JSON, so nothing is known about what it holds.
	Unreadable Reason = iota + 1
	// Invalid: an API server would refuse it too.
	Invalid
	// NotSupported: a cluster would take it, podsim does not.
	NotSupported
	// WithoutEffect: a field is taken, but here nothing comes of it.
	WithoutEffect
	// Unused: an object was passed over, since podsim has no use for objects of its kind.
	Unused
	// Doubtful: taken, and still not what its author can have meant.
	Doubtful
)

// String is the reason's name, as in "NotSupported".
func (r Reason) String() string {
	return map[Reason]string{
		Unreadable: "Unreadable", Invalid: "Invalid", NotSupported: "NotSupported",
		WithoutEffect: "WithoutEffect", Unused: "Unused", Doubtful: "Doubtful",
	}[r]
}

// Problem is one thing that is wrong with one input, or worth a warning. Its Error is one line that starts with the place:
//
//	pod.yaml:12: document 1 (Pod "web"): spec.containers[0].image: Required value
//	pod.yaml: no such file or directory
type Problem struct {
	Source   string // as the user named it: a file, a URL, or "stdin"; "" when there was no input at all
	Document int    // from 1, empty documents not counted; 0 means the source as a whole
	Item     int    // from 1, inside a List; 0 means not inside a List
	Line     int    // from 1, in Source; 0 means unknown
	Kind     string // of the object; "" when it is not known
	Name     string // of the object; "" when it has none
	Path     string // of the field that it is about; "" when it is about the object as a whole
	Reason   Reason
	Err      error // what is wrong; a *field.Error when it is about a field of a decoded object
}

func (p *Problem) Error() string {
	if p.Source == "" {
		return p.Err.Error()
	}
	return p.place() + ": " + p.Err.Error()
}

func (p *Problem) Unwrap() error { return p.Err }

// place words where the problem is.
func (p *Problem) place() string {
	var b strings.Builder
	b.WriteString(p.Source)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Document > 0 {
		fmt.Fprintf(&b, ": document %d", p.Document)
	}
	if p.Item > 0 {
		fmt.Fprintf(&b, ", item %d", p.Item)
	}
	switch {
	case p.Kind != "" && p.Name != "":
		fmt.Fprintf(&b, " (%s %q)", p.Kind, p.Name)
	case p.Kind != "":
		fmt.Fprintf(&b, " (%s)", p.Kind)
	}
	return b.String()
}

// serverWords is an error in the words of Kubernetes, which writes its sentences in other ways than podsim.
type serverWords string

func (w serverWords) Error() string { return string(w) }

// Problems is everything that is wrong with the inputs of one Load, in their order, one line each.
type Problems []*Problem

func (ps Problems) Error() string { return strings.Join(ps.Lines(), "\n") }

// Lines are the problems as lines, in their order; nil when there are none.
func (ps Problems) Lines() []string {
	var lines []string
	for _, p := range ps {
		lines = append(lines, p.Error())
	}
	return lines
}

func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Has tells whether one of the problems has that reason.
func (ps Problems) Has(reason Reason) bool {
	for _, p := range ps {
		if p.Reason == reason {
			return true
		}
	}
	return false
}
