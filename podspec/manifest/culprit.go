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

// culprit returns the path of the value for which the decoder gives up with err on text, which is to become an object like into. The
// decoder says the path without indices, and for quantities, times and encoded bytes it says none at all.
func culprit(text []byte, into any, err error) string {
	return culpritBelow("", text, reflect.TypeOf(into).Elem(), failureOf(err))
}

func culpritBelow(path string, text []byte, t reflect.Type, wanted failure) string {
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
			if typ, ok := types[name]; ok && decode(values[name], typ) == wanted {
				return culpritBelow(strings.TrimPrefix(path+"."+name, "."), values[name], typ, wanted)
			}
		}
	case reflect.Map:
		var values map[string]json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if decode(values[key], t.Elem()) == wanted {
				return culpritBelow(path+"["+key+"]", values[key], t.Elem(), wanted)
			}
		}
	case reflect.Slice:
		var values []json.RawMessage
		if json.Unmarshal(text, &values) != nil {
			return path
		}
		for i, value := range values {
			if decode(value, t.Elem()) == wanted {
				return culpritBelow(path+"["+strconv.Itoa(i)+"]", value, t.Elem(), wanted)
			}
		}
	}
	return path
}

// failure is what a decoder says of a value, without where it stands; "" when it takes the value. Of several wrong values in an object
// the decoder does not always name the first one: it gives up at once at some, and goes on to the end at others.
type failure string

func failureOf(err error) failure {
	var mistyped *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &mistyped):
		return failure(mistyped.Value + " into " + mistyped.Type.String())
	}
	return failure(err.Error())
}

func decode(text []byte, t reflect.Type) failure {
	return failureOf(kjson.UnmarshalCaseSensitivePreserveInts(text, reflect.New(t).Interface()))
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
