//go:build ignore

// Write writes definitions.json.gz from the Go code beside which it runs, which openapi-gen wrote.
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"log"
	"os"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/podsim/podsim/runtime/kubeapi/definitions"
)

func main() {
	if err := write("definitions.json.gz"); err != nil {
		log.Fatal(err)
	}
}

// write writes what openapi-gen found.
func write(path string) error {
	file := definitions.File{V3: GetOpenAPIDefinitions(definitions.ReferenceV3), V2: map[string]spec.Schema{}}
	for name, definition := range file.V3 {
		if differs, ok := definition.Schema.Extensions[common.ExtensionV2Schema].(spec.Schema); ok {
			file.V2[name] = differs
			delete(definition.Schema.Extensions, common.ExtensionV2Schema)
		}
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	packed, _ := gzip.NewWriterLevel(out, gzip.BestCompression)
	return errors.Join(json.NewEncoder(packed).Encode(file), packed.Close(), out.Close())
}
