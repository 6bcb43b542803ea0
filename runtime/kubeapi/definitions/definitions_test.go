package definitions_test

import (
	"cmp"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/common"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/podsim/podsim/runtime/kubeapi/definitions"
)

// TestDefinitionsAreThoseOfTheTypes fails when the types have changed since the definitions were generated.
func TestDefinitionsAreThoseOfTheTypes(t *testing.T) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(clientscheme.AddToScheme, metrics.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	check := checker{t, definitions.V3(), map[reflect.Type]bool{}}
	for kind, goType := range scheme.AllKnownTypes() {
		if name, err := scheme.ToOpenAPIDefinitionName(kind); err == nil && check.all[name].Schema.Type != nil {
			check.defined(goType)
		}
	}
	if len(check.seen) < 400 {
		t.Errorf("only %d types were compared", len(check.seen))
	}
}

type checker struct {
	t    *testing.T
	all  map[string]common.OpenAPIDefinition
	seen map[reflect.Type]bool
}

// defined compares a type, and those of its fields, with their definitions.
func (c checker) defined(goType reflect.Type) {
	switch goType.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		c.defined(goType.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	named, ok := reflect.Zero(goType).Interface().(interface{ OpenAPIModelName() string })
	if !ok || c.seen[goType] {
		return
	}
	c.seen[goType] = true
	definition, ok := c.all[named.OpenAPIModelName()]
	if !ok {
		c.t.Errorf("%s has no definition: run go generate ./runtime/kubeapi/...", goType)
		return
	}
	if len(definition.Schema.Properties) == 0 {
		return // written as something else than its fields
	}
	fields := map[string]bool{}
	c.fields(goType, fields)
	for name := range fields {
		if _, ok := definition.Schema.Properties[name]; !ok {
			c.t.Errorf("the definition of %s has no field %s: run go generate ./runtime/kubeapi/...", goType, name)
		}
	}
	for name := range definition.Schema.Properties {
		if !fields[name] {
			c.t.Errorf("the definition of %s has a field %s: run go generate ./runtime/kubeapi/...", goType, name)
		}
	}
	documented, ok := reflect.Zero(goType).Interface().(interface{ SwaggerDoc() map[string]string })
	if !ok {
		return
	}
	for name, text := range documented.SwaggerDoc() {
		got := definition.Schema.Properties[name].Description
		if name == "" {
			got = definition.Schema.Description
		}
		if !strings.HasPrefix(words(got), words(text)) {
			c.t.Errorf("the definition of %s describes %q as %q, want %q: run go generate ./runtime/kubeapi/...", goType, name, got, text)
		}
	}
}

// fields are the names that the fields of a type have in JSON.
func (c checker) fields(goType reflect.Type, into map[string]bool) {
	for field := range goType.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case options == "inline" || name == "" && field.Anonymous:
			c.fields(field.Type, into)
		default:
			into[cmp.Or(name, field.Name)] = true
			c.defined(field.Type)
		}
	}
}

// words are the words of a text, without how they are laid out or escaped.
func words(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, `\`, "")), " ")
}
