package fields

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
)

// fieldPatterns lists the fields of a type that hold values, by their paths.
func fieldPatterns(t reflect.Type, pattern string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || DecodesItself(t) {
		return []string{pattern}
	}
	var patterns []string
	for _, f := range JSON(t) {
		patterns = append(patterns, fieldPatterns(f.Type, fieldPattern(pattern, f.Name))...)
	}
	return patterns
}

// allPatterns are the fields of a pod's spec and metadata that hold values.
func allPatterns() []string {
	return append(fieldPatterns(reflect.TypeFor[corev1.PodSpec](), ""), fieldPatterns(reflect.TypeFor[metav1.ObjectMeta](), metadataPattern)...)
}

func TestEveryFieldOfAPodIsClassified(t *testing.T) {
	unused := maps.Clone(byPath)
	for _, pattern := range allPatterns() {
		classified := supportOf(pattern) != 0
		for path := range upwards(pattern) {
			entry := described(path)
			classified = classified || !entry.Support.goesOn()
			delete(unused, entry.Path)
		}
		if !classified {
			t.Errorf("%s is not in the table", pattern)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s of the table is no field", path)
	}
}

func TestEveryFieldIsDescribedOnce(t *testing.T) {
	described := map[string]bool{}
	behaviours := map[string]bool{remoteStorage: false}
	for _, section := range Table() {
		for _, f := range section.Fields {
			if described[f.Path] {
				t.Errorf("%s is in the table twice", f.Path)
			}
			described[f.Path] = true
			if !strings.HasSuffix(f.Behaviour, ".") {
				t.Errorf("%s: %q is no sentence", f.Path, f.Behaviour)
			}
			if f.Support == InPart && !strings.Contains(f.Behaviour, "podsim:") {
				t.Errorf("%s: which part is honoured?", f.Path)
			}
			if f.Behaviour != remoteStorage && behaviours[f.Behaviour] {
				t.Errorf("%s: %q is said of another field already", f.Path, f.Behaviour)
			}
			behaviours[f.Behaviour] = true
		}
	}
}

func TestEverySharedStructIsAStructOfAPod(t *testing.T) {
	for _, s := range SharedStructs() {
		for _, path := range s.Paths {
			if !slices.ContainsFunc(allPatterns(), func(p string) bool { return isBelow(p, path) }) {
				t.Errorf("%s: %s is no struct", s.Name, path)
			}
		}
	}
}

// isBelow tells whether a field is below another, by any of the names of the path to it.
func isBelow(pattern, path string) bool {
	for name := range namesOf(pattern) {
		if strings.HasPrefix(name, path+".") {
			return true
		}
	}
	return false
}

func TestEveryFieldBehindAFeatureGateIsAField(t *testing.T) {
	unused := maps.Clone(fieldGates)
	for _, pattern := range allPatterns() {
		for path := range upwards(pattern) {
			for name := range namesOf(path) {
				delete(unused, name)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is no field", path)
	}
	for _, gate := range fieldGates {
		if _, err := podspec.ParseFeatureGates(gate + "=true"); err != nil {
			t.Error(err)
		}
	}
}
