// Package definitions tells the shapes of the kinds that podsim serves, and of all others of their groups, in OpenAPI's words and with the
// descriptions of their fields. They are those of the API server of Kubernetes: the same generator made them of the same Go types.
package definitions

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/schemamutation"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

//go:generate go run ./generate

//go:embed definitions.json.gz
var packed []byte

// File is what is embedded: definitions by the names of their types, such as io.k8s.api.core.v1.Pod.
type File struct {
	// V3 refer to each other by ReferenceV3.
	V3 map[string]common.OpenAPIDefinition
	// V2 are those that OpenAPI 2 must tell otherwise.
	V2 map[string]spec.Schema
}

// ReferenceV3 refers to a definition of a document of OpenAPI 3.
func ReferenceV3(name string) spec.Ref { return spec.MustCreateRef("#/components/schemas/" + name) }

// V3 are the definitions as OpenAPI 3 has them. To read them takes some 20 ms and 10 MB; nothing is kept.
func V3() map[string]common.OpenAPIDefinition { return read().V3 }

// V2 are the definitions as OpenAPI 2 has them, which knows no defaults. To read them takes as long.
func V2() map[string]common.OpenAPIDefinition {
	file := read()
	start := ReferenceV3("")
	walker := schemamutation.Walker{
		SchemaCallback: func(schema *spec.Schema) *spec.Schema {
			if schema.Default == nil {
				return schema
			}
			changed := *schema
			changed.Default = nil
			return &changed
		},
		RefCallback: func(ref *spec.Ref) *spec.Ref {
			name, ok := strings.CutPrefix(ref.String(), start.String())
			if !ok {
				return ref
			}
			changed := spec.MustCreateRef("#/definitions/" + name)
			return &changed
		},
	}
	for name, definition := range file.V3 {
		if differs, ok := file.V2[name]; ok {
			definition.Schema = differs
		}
		definition.Schema = *walker.WalkSchema(&definition.Schema)
		file.V3[name] = definition
	}
	return file.V3
}

// Parser reads objects by the definitions, as server-side apply wants to know them: which lists are sets or maps, and by which keys. It is
// made when it is first asked for, which takes some hundredths of a second.
var Parser = sync.OnceValue(func() *typed.Parser {
	schemas := map[string]*spec.Schema{}
	for name, definition := range V3() {
		schemas[name] = &definition.Schema
	}
	types, err := schemaconv.ToSchemaFromOpenAPI(schemas, false)
	if err != nil {
		panic(err) // it was generated
	}
	var parser typed.Parser
	parser.Schema.Types = types.Types
	return &parser
})

func read() *File {
	var file File
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		err = json.NewDecoder(text).Decode(&file)
	}
	if err != nil {
		panic(err) // it was generated
	}
	return &file
}
