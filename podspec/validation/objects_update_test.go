package validation

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
)

// read is an object of a manifest without its metadata.
func read[T any](t *testing.T, text string) *T {
	t.Helper()
	object := new(T)
	if err := yaml.Unmarshal([]byte("metadata: {name: o, namespace: n, uid: u, resourceVersion: '1'}\n"+text), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestChangesOfOtherObjectsAreValidated(t *testing.T) {
	configMap := func(before, after string) field.ErrorList {
		return ValidateConfigMapUpdate(read[corev1.ConfigMap](t, after), read[corev1.ConfigMap](t, before))
	}
	secret := func(before, after string) field.ErrorList {
		older, newer := read[corev1.Secret](t, before), read[corev1.Secret](t, after)
		defaults.Secret(older)
		defaults.Secret(newer)
		return ValidateSecretUpdate(newer, older)
	}
	claim := func(status, before, after string) field.ErrorList {
		older := read[corev1.PersistentVolumeClaim](t, "status: "+status+"\nspec: "+before)
		newer := read[corev1.PersistentVolumeClaim](t, "status: "+status+"\nspec: "+after)
		defaults.Claim(older)
		defaults.Claim(newer)
		return ValidateClaimUpdate(newer, older)
	}
	const (
		bound = "{phase: Bound, capacity: {storage: 2Gi}}"
		once  = "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}"
	)
	spec := func(more string) string { return strings.TrimSuffix(once, "}") + ", " + more + "}" }
	const changed = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
	for name, c := range map[string]struct {
		got  field.ErrorList
		want []string // how the errors begin
	}{
		"a config map":                      {configMap("data: {a: b}", "data: {a: c}"), nil},
		"a config map that becomes sealed":  {configMap("data: {a: b}", "immutable: true\ndata: {a: c}"), nil},
		"a sealed config map":               {configMap("immutable: true\ndata: {a: b}", "immutable: true\ndata: {a: b}"), nil},
		"all of a sealed config map":        {configMap("immutable: true\ndata: {a: b}", "binaryData: {a: YQ==}"), []string{"immutable: Forbidden: " + sealed, "data: Forbidden: " + sealed, "binaryData: Forbidden: " + sealed}},
		"a secret":                          {secret("stringData: {a: b}", "stringData: {a: c}"), nil},
		"a sealed secret":                   {secret("immutable: true\nstringData: {a: b}", "immutable: true\nstringData: {a: c}"), []string{"data: Forbidden: " + sealed}},
		"the type of a secret":              {secret("type: x/y", "type: x/z"), []string{`type: Invalid value: "x/z": field is immutable`}},
		"a claim that stays":                {claim(bound, once, once), nil},
		"more room":                         {claim(bound, once, strings.Replace(once, "2Gi", "3Gi", 1)), nil},
		"more room before there is any":     {claim("{}", once, strings.Replace(once, "2Gi", "3Gi", 1)), []string{changed}},
		"less room":                         {claim(bound, once, strings.Replace(once, "2Gi", "1Gi", 1)), []string{"spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"}},
		"another access mode":               {claim(bound, once, strings.Replace(once, "Once", "Many", 1)), []string{changed}},
		"a first storage class":             {claim(bound, once, spec("storageClassName: fast")), nil},
		"another storage class":             {claim(bound, spec("storageClassName: slow"), spec("storageClassName: fast")), []string{changed}},
		"a first volume":                    {claim("{}", once, spec("volumeName: v")), nil},
		"another volume":                    {claim(bound, spec("volumeName: v"), spec("volumeName: w")), []string{changed}},
		"another mode of the volume":        {claim(bound, once, spec("volumeMode: Block")), []string{changed, `volumeMode: Invalid value: "Block": field is immutable`}},
		"other attributes":                  {claim(bound, once, spec("volumeAttributesClassName: gold")), nil},
		"a found claim that stays":          {claim("{phase: Bound}", "{volumeName: v}", "{volumeName: v}"), nil},
		"a found claim that is made whole":  {claim("{phase: Bound}", "{volumeName: v}", spec("volumeName: v")), nil},
		"a found claim with another volume": {claim("{phase: Bound}", "{volumeName: v}", spec("volumeName: w")), []string{changed}},
	} {
		t.Run(name, func(t *testing.T) {
			fits := len(c.got) == len(c.want)
			for i := 0; fits && i < len(c.want); i++ {
				fits = strings.HasPrefix(c.got[i].Error(), c.want[i])
			}
			if !fits {
				t.Errorf("got %v, want %q", c.got, c.want)
			}
		})
	}
}
