// Command readme writes the table of package fields in print into the file that its only argument names.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/fields"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: readme FILE")
	}
	page, err := render()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], page, 0o644)
}

//go:embed README.tmpl
var pageText string

var pageTemplate = template.Must(template.New("README.md").Funcs(template.FuncMap{
	"code":   code,
	"gate":   gate,
	"shared": sharedIn,
}).Parse(pageText))

// render returns the page.
func render() ([]byte, error) {
	var page bytes.Buffer
	err := pageTemplate.Execute(&page, map[string]any{"Classes": classes(), "Table": fields.Table()})
	return page.Bytes(), err
}

// class is a class of fields with how many entries of the table have it.
type class struct {
	Support fields.Support
	Meaning string
	Entries int
}

func classes() []class {
	list := []class{
		{Support: fields.Honoured, Meaning: "does here what it does on a node"},
		{Support: fields.InPart, Meaning: "does so but for what its line says"},
		{Support: fields.NoMeaning, Meaning: "accepted, without effect on one machine; a warning names it when it is set"},
		{Support: fields.Refused, Meaning: "an error names it when it is set; this covers all that is below it"},
		{Support: fields.ServerSet, Meaning: "what a server says of a pod it has; taken off a manifest without a word"},
	}
	for i := range list {
		for _, section := range fields.Table() {
			for _, f := range section.Fields {
				if f.Support == list[i].Support {
					list[i].Entries++
				}
			}
		}
	}
	return list
}

// sharedIn are the structs that are described in a section once for several places.
func sharedIn(section fields.Section) []fields.Shared {
	var found []fields.Shared
	for _, s := range fields.SharedStructs() {
		for _, f := range section.Fields {
			if strings.HasPrefix(f.Path, s.Name+".") {
				found = append(found, s)
				break
			}
		}
	}
	return found
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// gate tells of the feature gate that a field needs, and of its state when nobody sets it.
func gate(f fields.Field) string {
	name := f.Gate()
	switch {
	case name == "":
		return ""
	case podspec.FeatureGates(nil).Enabled(name):
		return fmt.Sprintf(" Feature gate `%s`, on.", name)
	}
	return fmt.Sprintf(" Feature gate `%s`, off.", name)
}
