package manifest

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/podsim/podsim/podspec"
)

// verdict is a manifest and what the code of an API server v1.37.2 says of it at its creation.
type verdict struct {
	Name             string
	Manifest         json.RawMessage
	Errors, Warnings []string
	Stored           map[string]any // the object as the server keeps it, in some of the lines without errors
}

// The sample holds small objects with a thing or two changed in each line, at least one line for every kind of complaint that the API
// server has about a Pod, a ConfigMap, a Secret or a PersistentVolumeClaim, and one object of each kind of volume as the server stores it.
func TestASampleOfObjectsGetsTheVerdictOfAnAPIServer(t *testing.T) {
	sample, err := os.Open(filepath.Join("testdata", "apiserver-1.37.2.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer sample.Close()
	file := filepath.Join(t.TempDir(), "object.json")
	lines := bufio.NewScanner(sample)
	for lines.Scan() {
		var want verdict
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		t.Run(want.Name, func(t *testing.T) {
			if err := os.WriteFile(file, want.Manifest, 0o600); err != nil {
				t.Fatal(err)
			}
			manifest, err := Load(context.Background(), []string{file}, Options{WithoutPod: true})
			if diff := cmp.Diff(want.Errors, serverMessages(err)); diff != "" {
				t.Error(diff)
			}
			for _, warning := range want.Warnings {
				if manifest != nil && !slices.ContainsFunc(manifest.Warnings, func(p *Problem) bool { return strings.HasSuffix(p.Error(), warning) }) {
					t.Errorf("no warning %q among %q", warning, manifest.Warnings)
				}
			}
			if want.Stored == nil {
				return
			}
			if diff := cmp.Diff(want.Stored, stored(t, want.Manifest)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// stored is the object of a manifest after admission, without what has another value in each server: kind, status and most of the
// metadata. Load does not return the objects with volumes that podsim cannot make.
func stored(t *testing.T, manifest []byte) map[string]any {
	t.Helper()
	decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(manifest, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := object{Object: decoded.(metav1.Object)}
	o.SetNamespace(metav1.NamespaceDefault)
	admit(o, podspec.FeatureGates{})
	text, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"apiVersion", "kind", "status"} {
		delete(fields, name)
	}
	return fields
}
