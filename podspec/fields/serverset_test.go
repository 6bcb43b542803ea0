package fields_test

import (
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/manifest"
)

func TestWhatAServerSetsIsTakenOffAManifest(t *testing.T) {
	const text = `{apiVersion: v1, kind: Pod, spec: {containers: [{name: c, image: i}]}, metadata: {name: p, uid: u, resourceVersion: "7", generation: 1,
  selfLink: /p, creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 1,
  managedFields: [{manager: m}]}}`
	loaded, err := manifest.Load(t.Context(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	meta := reflect.ValueOf(loaded.Pods[0].ObjectMeta)
	for _, f := range fields.JSON(reflect.TypeFor[metav1.ObjectMeta]()) {
		isSet := !meta.FieldByIndex(f.Index).IsZero()
		if isSet && supportOf("metadata."+f.Name) == fields.ServerSet {
			t.Errorf("metadata.%s is still there", f.Name)
		}
		if !isSet && strings.Contains(text, f.Name+": ") && supportOf("metadata."+f.Name) != fields.ServerSet {
			t.Errorf("metadata.%s was taken off", f.Name)
		}
	}
}

func supportOf(path string) fields.Support {
	for _, section := range fields.Table() {
		for _, f := range section.Fields {
			if f.Path == path {
				return f.Support
			}
		}
	}
	return 0
}
