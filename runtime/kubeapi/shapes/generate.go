//go:build ignore

// Generate writes shapes.yaml: those types of client-go's schema that the served kinds consist of.
package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// served are the beginnings of what is served: whole groups, so that a kind more needs no change here.
var served = []string{"io.k8s.api.core.v1.", "io.k8s.api.certificates.v1.", "io.k8s.api.coordination.v1.", "io.k8s.api.discovery.v1.",
	"io.k8s.api.events.v1.", "io.k8s.apimachinery.", "__untyped_"}

func main() {
	text, err := clientSchema()
	if err != nil {
		log.Fatal(err)
	}
	const start = "- name: " // of a type
	part := "types:\n"
	for kind := range strings.SplitSeq(strings.TrimPrefix(text, "types:\n"+start), "\n"+start) {
		for _, prefix := range served {
			if strings.HasPrefix(kind, prefix) {
				part += start + strings.TrimSuffix(kind, "\n") + "\n"
			}
		}
	}
	if err := os.WriteFile("shapes.yaml", []byte(part), 0o644); err != nil {
		log.Fatal(err)
	}
}

// clientSchema is the schema in the source of client-go, which has it in a package of its own only.
func clientSchema() (string, error) {
	directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/client-go").Output()
	if err != nil {
		return "", fmt.Errorf("looking for client-go: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(directory)), "applyconfigurations", "internal", "internal.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", err
	}
	var found string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && strings.HasPrefix(literal.Value, "`types:") {
			found, err = strconv.Unquote(literal.Value)
		}
		return true
	})
	if err == nil && found == "" {
		err = errors.New("no schema in " + path)
	}
	return found, err
}
