package manifest

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/podspec/fields"
)

// outsizeNumber finds numbers with very many digits or a very large exponent, wherever they stand and whatever they mean.
var outsizeNumber = regexp.MustCompile(`[0-9.]{40}|[eE][-+]?[0-9]{3}`)

// outsizeQuantity returns the path of a quantity that nobody can mean, "" when there is none: parsing its digits, or comparing it,
// takes time that grows with the square of the number. An API server is kept from it by the size of a request, and not always.
func outsizeQuantity(text []byte, into any) string {
	if !outsizeNumber.Match(text) {
		return ""
	}
	return outsizeBelow("", text, reflect.TypeOf(into).Elem())
}

func outsizeBelow(path string, text []byte, t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[resource.Quantity]():
		if outsizeNumber.Match(text) {
			return path
		}
	case fields.DecodesItself(t):
	case t.Kind() == reflect.Struct:
		var values map[string]json.RawMessage
		_ = json.Unmarshal(text, &values) // what is of another type is refused elsewhere
		for _, field := range fields.JSON(t) {
			if found := outsizeBelow(strings.TrimPrefix(path+"."+field.Name, "."), values[field.Name], field.Type); found != "" {
				return found
			}
		}
	case t.Kind() == reflect.Map:
		var values map[string]json.RawMessage
		_ = json.Unmarshal(text, &values)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if found := outsizeBelow(path+"["+key+"]", values[key], t.Elem()); found != "" {
				return found
			}
		}
	case t.Kind() == reflect.Slice:
		var values []json.RawMessage
		_ = json.Unmarshal(text, &values)
		for i, value := range values {
			if found := outsizeBelow(path+"["+strconv.Itoa(i)+"]", value, t.Elem()); found != "" {
				return found
			}
		}
	}
	return ""
}
