package fields

import (
	"encoding/json"
	"reflect"
	"strings"
)

// DecodesItself is true for types with a JSON form of their own, such as quantities and times.
func DecodesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

// JSONField is a field of an API type as its JSON form shows it.
type JSONField struct {
	Name  string
	Index []int // for reflect's FieldByIndex
	Type  reflect.Type
}

// JSON lists the fields of a struct in the order of the type, inlined ones in place.
func JSON(t reflect.Type) []JSONField {
	var fields []JSONField
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			for _, inner := range JSON(field.Type) {
				inner.Index = append([]int{i}, inner.Index...)
				fields = append(fields, inner)
			}
		case name != "" && name != "-":
			fields = append(fields, JSONField{Name: name, Index: field.Index, Type: field.Type})
		}
	}
	return fields
}
