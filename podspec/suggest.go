package podspec

import (
	"reflect"
	"strings"
)

// suggestion returns the field that an unknown one, at the end of the path, may have been meant to be: one that
// differs in case only, or in one letter too few, too many or wrong. "" when there is none.
func suggestion(path string, object any) string {
	segments := splitFieldPath(path)
	t := reflect.TypeOf(object)
	for i, segment := range segments {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		last := i == len(segments)-1
		switch {
		case t.Kind() == reflect.Struct && !decodesItself(t):
			next := reflect.Type(nil)
			for _, f := range jsonFields(t) {
				if last && f.name != segment && alike(f.name, segment) {
					return f.name
				}
				if f.name == segment {
					next = f.typ
				}
			}
			if next == nil {
				return ""
			}
			t = next
		case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			return ""
		}
	}
	return ""
}

// alike is true for words that one slip of the hand turns into each other.
func alike(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i == len(a) || a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	return a[i:] == b[i+1:]
}
