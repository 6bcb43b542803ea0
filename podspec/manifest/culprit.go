package manifest

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	kjson "sigs.k8s.io/json"

	"github.com/podsim/podsim/podspec/fields"
)

// culprit returns the path of the value that keeps text from being decoded into an object like into. The decoder says
// the path without indices, and for quantities, times and encoded bytes it says none at all.
func culprit(text []byte, into any) string {
	return culpritBelow("", text, reflect.TypeOf(into).Elem())
}

func culpritBelow(path string, text []byte, t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if fields.DecodesItself(t) {
		return path
	}
	switch t.Kind() {
	case reflect.Struct:
		var values map[string]json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path
		}
		types := map[string]reflect.Type{}
		for _, field := range fields.JSON(t) {
			types[field.Name] = field.Type
		}
		for _, name := range slices.Sorted(maps.Keys(values)) { // the order that the decoder met them in
			if typ, ok := types[name]; ok && !decodes(values[name], typ) {
				return culpritBelow(strings.TrimPrefix(path+"."+name, "."), values[name], typ)
			}
		}
	case reflect.Map:
		var values map[string]json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if !decodes(values[key], t.Elem()) {
				return culpritBelow(path+"["+key+"]", values[key], t.Elem())
			}
		}
	case reflect.Slice:
		var values []json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path
		}
		for i, value := range values {
			if !decodes(value, t.Elem()) {
				return culpritBelow(path+"["+strconv.Itoa(i)+"]", value, t.Elem())
			}
		}
	}
	return path
}

func decodes(text []byte, t reflect.Type) bool {
	return kjson.UnmarshalCaseSensitivePreserveInts(text, reflect.New(t).Interface()) == nil
}

// goStruct is how the decoder names the type that it wanted, when that is a struct of Kubernetes or a map or list of
// such. A person does not know these types; the plain ones (string, int32, []string) stay as they are.
var goStruct = regexp.MustCompile(` of type (\[\]|map\[[\w.]+\])?\*?(v1|resource|intstr)\.\w+$`)

func withoutGoTypes(err error) error {
	found := goStruct.FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	wanted := " of type object"
	if found[1] == "[]" {
		wanted = " of type list of objects"
	}
	return errors.New(strings.TrimSuffix(err.Error(), found[0]) + wanted)
}
