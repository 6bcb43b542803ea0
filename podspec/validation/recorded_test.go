package validation

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
)

// verdict is a manifest and what the validation code of an API server v1.37.2 says of it.
type verdict struct {
	Name             string
	Manifest         json.RawMessage
	Errors, Warnings []string
}

// The uid that a Job has in the recorded messages.
const recordedUID = "11111111-1111-1111-1111-111111111111"

// The sample holds small controllers with one thing or a few changed in each line, at least one for every kind of complaint that the
// API server has about a controller, and some about templates of pods.
func TestASampleOfWorkloadsGetsTheVerdictOfAnAPIServer(t *testing.T) {
	sample, err := os.Open(filepath.Join("testdata", "workloads-1.37.2.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer sample.Close()
	lines := bufio.NewScanner(sample)
	for lines.Scan() {
		var want verdict
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		t.Run(want.Name, func(t *testing.T) {
			object, errs := validateWorkload(t, string(want.Manifest))
			var said []string
			for _, err := range errs {
				said = append(said, err.Field+": "+err.ErrorBody())
			}
			if diff := cmp.Diff(want.Errors, said); diff != "" {
				t.Error(diff)
			}
			if len(errs) > 0 {
				return
			}
			var warnings []string
			for _, warning := range WorkloadWarnings(object) {
				warnings = append(warnings, warning.Text)
			}
			if diff := cmp.Diff(want.Warnings, warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// validateWorkload decodes a controller, defaults it and validates it.
func validateWorkload(t *testing.T, manifest string) (metav1.Object, field.ErrorList) {
	t.Helper()
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(manifest), &kind); err != nil {
		t.Fatal(err)
	}
	decode := func(into metav1.Object) {
		t.Helper()
		if err := yaml.UnmarshalStrict([]byte(manifest), into); err != nil {
			t.Fatal(err)
		}
		into.SetNamespace("default")
		into.SetUID(recordedUID)
	}
	switch kind.Kind {
	case "Deployment":
		o := &appsv1.Deployment{}
		decode(o)
		defaults.Deployment(o)
		return o, ValidateDeployment(o, nil)
	case "ReplicaSet":
		o := &appsv1.ReplicaSet{}
		decode(o)
		defaults.ReplicaSet(o)
		return o, ValidateReplicaSet(o, nil)
	case "StatefulSet":
		o := &appsv1.StatefulSet{}
		decode(o)
		defaults.StatefulSet(o)
		return o, ValidateStatefulSet(o, nil)
	case "DaemonSet":
		o := &appsv1.DaemonSet{}
		decode(o)
		defaults.DaemonSet(o)
		return o, ValidateDaemonSet(o, nil)
	case "Job":
		o := &batchv1.Job{}
		decode(o)
		defaults.Job(o)
		return o, ValidateJob(o, nil)
	case "CronJob":
		o := &batchv1.CronJob{}
		decode(o)
		defaults.CronJob(o)
		return o, ValidateCronJob(o, nil)
	}
	t.Fatalf("no workload of kind %q", kind.Kind)
	return nil, nil
}
