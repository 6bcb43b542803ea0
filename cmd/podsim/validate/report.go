package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/podspec/podsecurity"
)

// report is the result for programs.
type report struct {
	Valid    bool      `json:"valid"`
	Problems []problem `json:"problems"`
	Warnings []problem `json:"warnings"`
	Objects  []object  `json:"objects"` // none when an API server would refuse something or an input cannot be read
}

// problem is one thing that is wrong, or worth a warning.
type problem struct {
	Source   string `json:"source"`
	Document int    `json:"document,omitempty"` // from 1
	Item     int    `json:"item,omitempty"`     // of a List, from 1
	Line     int    `json:"line,omitempty"`     // from 1
	Kind     string `json:"kind,omitempty"`
	Name     string `json:"name,omitempty"`
	Path     string `json:"path,omitempty"` // of the field
	// Reason is Unreadable, Invalid, NotSupported, WithoutEffect, Unused or Doubtful.
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// object is an object that an API server would take.
type object struct {
	APIVersion  string               `json:"apiVersion"`
	Kind        string               `json:"kind"`
	Namespace   string               `json:"namespace"`
	Name        string               `json:"name"`
	PodSecurity *podsecurity.Verdict `json:"podSecurity,omitempty"` // of objects with pods
}

func printReport(out io.Writer, v verdict) error {
	r := report{
		Valid:    len(v.problems) == 0,
		Problems: problemsOf(v.problems),
		Warnings: problemsOf(v.warnings),
		Objects:  []object{},
	}
	for _, o := range v.objects {
		r.Objects = append(r.Objects, object{
			APIVersion: o.Kind.GroupVersion().String(), Kind: o.Kind.Kind, Namespace: o.GetNamespace(), Name: o.GetName(), PodSecurity: o.security,
		})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return failed(v.problems)
}

func problemsOf(found manifest.Problems) []problem {
	problems := []problem{}
	for _, p := range found {
		problems = append(problems, describe(p))
	}
	return problems
}

func describe(p *manifest.Problem) problem {
	d := problem{
		Source: p.Source, Document: p.Document, Item: p.Item, Line: p.Line, Kind: p.Kind, Name: p.Name, Path: p.Path,
		Reason: p.Reason.String(), Message: p.Err.Error(),
	}
	var fieldErr *field.Error
	if errors.As(p.Err, &fieldErr) {
		d.Message = fieldErr.ErrorBody()
	}
	return d
}
