package manifest

import (
	"reflect"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/fields"
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
		case t.Kind() == reflect.Struct && !fields.DecodesItself(t):
			next := reflect.Type(nil)
			for _, f := range fields.JSON(t) {
				if last && f.Name != segment && podspec.Alike(f.Name, segment) {
					return f.Name
				}
				if f.Name == segment {
					next = f.Type
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
