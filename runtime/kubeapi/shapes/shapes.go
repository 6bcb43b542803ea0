// Package shapes tells the shape of the kinds that podsim serves, as server-side apply wants to know it: which lists are sets or maps, and
// by which keys. It is the part of client-go's schema that concerns them, as the whole takes several times as long to read.
package shapes

import (
	_ "embed"
	"sync"

	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

//go:generate go run generate.go

//go:embed shapes.yaml
var text string

// Parser reads objects by their shapes.
var Parser = sync.OnceValue(func() *typed.Parser {
	parser, err := typed.NewParser(typed.YAMLObject(text))
	if err != nil {
		panic(err) // it was generated
	}
	return parser
})
