package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// recordedDir holds manifests with what a real API server said of each. It is not part of the repository.
const recordedDir = "../../../shared/parity/validation"

func TestRecordedManifestsGetTheVerdictOfARealServer(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(recordedDir, "recorded-apiserver-1.37.2.json"))
	if err != nil {
		t.Skipf("the recordings are not here: %v", err)
	}
	var recorded map[string]struct {
		Accepted bool
		Message  string
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for name, want := range recorded {
		t.Run(name, func(t *testing.T) {
			manifest, err := Load(context.Background(), []string{filepath.Join(recordedDir, "manifests", name+".yaml")}, Options{})
			got := serverMessages(err)
			if want.Accepted {
				if len(got) > 0 {
					t.Errorf("a server accepts it, podsim says:\n%s", strings.Join(got, "\n"))
				}
				if warning, ok := strings.CutPrefix(want.Message, "Warning: "); ok && !slices.ContainsFunc(manifest.Warnings.Lines(), func(w string) bool {
					return strings.HasSuffix(w, warning)
				}) {
					t.Errorf("warnings %q lack %q", manifest.Warnings, warning)
				}
				return
			}
			if wantMessages := recordedMessages(want.Message); !slices.Equal(got, wantMessages) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantMessages, "\n"))
			}
		})
	}
}

// serverMessages returns the complaints that are the API server's, without their places.
func serverMessages(err error) []string {
	var messages []string
	var problems Problems
	errors.As(err, &problems)
	for _, problem := range problems {
		if problem.Reason == NotSupported {
			continue
		}
		message := problem.Err.Error()
		var fieldErr *field.Error
		if !errors.As(problem.Err, &fieldErr) {
			message, _, _ = strings.Cut(message, ", did you mean")
		}
		messages = append(messages, message)
	}
	return messages
}

// recordedMessages takes kubectl's frame off a recorded message.
func recordedMessages(message string) []string {
	if _, rest, ok := strings.Cut(message, "no matches for kind"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		return []string{"no matches for kind" + line}
	}
	if _, rest, ok := strings.Cut(message, "cannot be handled as a Pod: "); ok {
		return []string{rest}
	}
	_, list, _ := strings.Cut(message, " is invalid: ")
	if items, ok := strings.CutPrefix(list, "\n* "); ok {
		return strings.Split(items, "\n* ")
	}
	return []string{list}
}
