// Command typecheck checks the types of the whole module and of all that it imports for other platforms, the tests with it:
//
//	typecheck darwin/arm64 windows/amd64
//
// That finds what does not compile there, in a fraction of the time that compiling takes.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: typecheck OS/ARCHITECTURE ...")
		os.Exit(2)
	}
	for _, platform := range os.Args[1:] {
		if err := check(platform); err != nil {
			fmt.Fprintf(os.Stderr, "typecheck: %s: %v\n", platform, err)
			os.Exit(1)
		}
	}
}

// check prints what is wrong with the module's types for the platform, and fails if anything is.
func check(platform string) error {
	system, architecture, found := strings.Cut(platform, "/")
	if !found {
		return fmt.Errorf("not a platform: want OS/ARCHITECTURE")
	}
	loaded, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax,
		Env:   append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0"),
		Tests: true,
	}, "./...")
	if err != nil {
		return err
	}
	if len(loaded) == 0 {
		return fmt.Errorf("no packages")
	}
	if errors := packages.PrintErrors(loaded); errors > 0 {
		return fmt.Errorf("%d errors", errors)
	}
	return nil
}
