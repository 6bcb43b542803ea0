// Generate has openapi-gen, in the version that go.mod names, read the Go types of the served groups, as Kubernetes does for its API server,
// and runs write.go beside what comes of it.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// served are the packages of all groups that are served, and what those consist of: whole groups, so that a kind more needs no change here.
var served = []string{
	"k8s.io/api/apps/v1",
	"k8s.io/api/authentication/v1",
	"k8s.io/api/authorization/v1",
	"k8s.io/api/autoscaling/v1",
	"k8s.io/api/batch/v1",
	"k8s.io/api/certificates/v1",
	"k8s.io/api/coordination/v1",
	"k8s.io/api/core/v1",
	"k8s.io/api/discovery/v1",
	"k8s.io/api/events/v1",
	"k8s.io/api/policy/v1",
	"k8s.io/api/rbac/v1",
	"k8s.io/api/scheduling/v1alpha3", // of Jobs
	"k8s.io/apimachinery/pkg/api/resource",
	"k8s.io/apimachinery/pkg/apis/meta/v1",
	"k8s.io/apimachinery/pkg/runtime",
	"k8s.io/apimachinery/pkg/util/intstr",
	"k8s.io/apimachinery/pkg/version",
	"k8s.io/metrics/pkg/apis/metrics/v1beta1",
}

const (
	kubeOpenAPI = "k8s.io/kube-openapi"
	folder      = "generate"
	generated   = "zz_generated.openapi.go" // lives in the folder while this runs
)

func main() {
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	defer os.Remove(filepath.Join(folder, generated))
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", kubeOpenAPI).Output()
	if err != nil {
		return fmt.Errorf("looking for the version of %s: %w", kubeOpenAPI, err)
	}
	generator := kubeOpenAPI + "/cmd/openapi-gen@" + strings.TrimSpace(string(version))
	arguments := []string{"run", generator, "--output-dir", folder, "--output-pkg", "main", "--output-file", generated, "--report-filename", os.DevNull}
	if err := run(append(arguments, served...)...); err != nil {
		return err
	}
	return run("run", filepath.Join(folder, "write.go"), filepath.Join(folder, generated))
}

// run runs the go command.
func run(arguments ...string) error {
	command := exec.Command("go", arguments...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("go %s: %w", strings.Join(arguments[:2], " "), err)
	}
	return nil
}
