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
)

// verdict is a manifest and what the validation code of an API server v1.37.2 says of it.
type verdict struct {
	Name             string
	Manifest         json.RawMessage
	Errors, Warnings []string
}

// The sample holds a small pod with one thing changed in each line, at least one for every kind of complaint that the API server has
// about a pod that podsim looks into.
func TestASampleOfPodsGetsTheVerdictOfAnAPIServer(t *testing.T) {
	sample, err := os.Open(filepath.Join("testdata", "apiserver-1.37.2.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer sample.Close()
	file := filepath.Join(t.TempDir(), "pod.json")
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
			manifest, err := Load(context.Background(), []string{file}, Options{})
			if diff := cmp.Diff(want.Errors, serverMessages(err)); diff != "" {
				t.Error(diff)
			}
			for _, warning := range want.Warnings {
				if manifest != nil && !slices.ContainsFunc(manifest.Warnings, func(line string) bool { return strings.HasSuffix(line, warning) }) {
					t.Errorf("no warning %q among %q", warning, manifest.Warnings)
				}
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
