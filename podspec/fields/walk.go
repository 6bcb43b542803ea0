package fields

import (
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// setField is a field of a pod that is set.
type setField struct {
	pattern string        // its path without indices; init and ephemeral containers are containers
	path    *field.Path   // where it is
	value   reflect.Value // of the field itself, so that setting it changes the pod
}

// walkSpec visits every field of a spec that is set, from the top down. The visit returns whether to go on below the field.
func walkSpec(spec *corev1.PodSpec, visit func(setField) bool) {
	walkStruct(reflect.ValueOf(spec).Elem(), "", field.NewPath("spec"), visit)
}

// metadataPattern is what the patterns of the fields of metadata begin with.
const metadataPattern = "metadata"

func walkStruct(value reflect.Value, pattern string, path *field.Path, visit func(setField) bool) {
	for _, f := range JSON(value.Type()) {
		inner := value.FieldByIndex(f.Index)
		if isUnset(inner) {
			continue
		}
		found := setField{pattern: fieldPattern(pattern, f.Name), path: path.Child(f.Name), value: inner}
		if visit(found) {
			walkValue(found, visit)
		}
	}
}

func walkValue(f setField, visit func(setField) bool) {
	value := f.value
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	switch {
	case value.Kind() == reflect.Struct && !DecodesItself(value.Type()):
		walkStruct(value, f.pattern, f.path, visit)
	case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
		for i := range value.Len() {
			walkStruct(value.Index(i), f.pattern, f.path.Index(i), visit)
		}
	}
}

// fieldPattern is the pattern of a field below another, "" for the spec itself.
func fieldPattern(above, name string) string {
	if above == "" && slices.Contains([]string{"initContainers", "ephemeralContainers"}, name) {
		return "containers"
	}
	return strings.TrimPrefix(above+"."+name, ".")
}

// isUnset is true for zero values and for lists and maps without entries.
func isUnset(value reflect.Value) bool {
	if value.Kind() == reflect.Slice || value.Kind() == reflect.Map {
		return value.Len() == 0
	}
	return value.IsZero()
}
