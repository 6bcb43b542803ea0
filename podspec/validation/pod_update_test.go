package validation

import (
	"strings"
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

// What may change of a pod that is there (S2.87), and what the API server says of the rest.
func TestChangesOfAPodAreValidated(t *testing.T) {
	const only = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
		"`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
		"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
	with := func(more string) string { return "{containers: [{name: c, image: i}], " + more + "}" }
	init := func(image string) string { return with("initContainers: [{name: a, image: '" + image + "'}]") }
	toleration := func(list string) string { return with("tolerations: [" + list + "]") }
	for name, c := range map[string]struct {
		older, newer string
		want         []string // how the errors begin
	}{
		"nothing":                      {spectest.Container("tty: true"), spectest.Container("tty: true"), nil},
		"an image":                     {"{containers: [{name: c, image: i}]}", "{containers: [{name: c, image: j}]}", nil},
		"the image of an init":         {init("i"), init("j"), nil},
		"no image":                     {"{containers: [{name: c, image: i}]}", "{containers: [{name: c}]}", []string{"C0.image: Required value"}},
		"a blank after an image":       {"{containers: [{name: c, image: i}]}", "{containers: [{name: c, image: 'j '}]}", []string{`C0.image: Invalid value: "j ": must not have leading or trailing whitespace`}},
		"a blank before an init's":     {init("i"), init(" j"), []string{`spec.initContainers[0].image: Invalid value: " j": must not have leading or trailing whitespace`}},
		"a container more":             {"{containers: [{name: c, image: i}]}", "{containers: [{name: c, image: i}, {name: d, image: i}]}", []string{"spec.containers: Forbidden: pod updates may not add or remove containers"}},
		"an init less":                 {init("i"), "{containers: [{name: c, image: i}]}", []string{"spec.initContainers: Forbidden: pod updates may not add or remove containers"}},
		"a name":                       {"{containers: [{name: c, image: i}]}", "{containers: [{name: d, image: i}]}", []string{only + "@@"}},
		"the command with the image":   {"{containers: [{name: c, image: i}]}", "{containers: [{name: c, image: j, command: [x]}]}", []string{only + "@@"}},
		"a volume":                     {with("volumes: []"), with("volumes: [{name: v, emptyDir: {}}]"), []string{only}},
		"the grace period":             {with("terminationGracePeriodSeconds: 5"), with("terminationGracePeriodSeconds: 1"), []string{only}},
		"a deadline":                   {with(""), with("activeDeadlineSeconds: 5"), nil},
		"a deadline that comes sooner": {with("activeDeadlineSeconds: 5"), with("activeDeadlineSeconds: 4"), nil},
		"a deadline that comes later": {with("activeDeadlineSeconds: 5"), with("activeDeadlineSeconds: 6"),
			[]string{"spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"}},
		"no deadline any more": {with("activeDeadlineSeconds: 5"), with(""),
			[]string{"spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"}},
		"another toleration":    {toleration("{key: a, operator: Exists}"), toleration("{key: b, operator: Exists}, {key: a, operator: Exists}"), nil},
		"a toleration for less": {toleration("{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 9}"), toleration("{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 1}"), nil},
		"a toleration less": {toleration("{key: a, operator: Exists}"), toleration(""),
			[]string{"spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"}},
		"a bad toleration": {toleration(""), toleration("{key: a, operator: Exists, value: b}"),
			[]string{"spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'"}},
		"a gate less": {with("schedulingGates: [{name: a}, {name: b}]"), with("schedulingGates: [{name: b}]"), nil},
		"a gate more": {with(""), with("schedulingGates: [{name: b}]"),
			[]string{"spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"}},
	} {
		t.Run(name, func(t *testing.T) {
			older, newer := spectest.Pod(t, c.older), spectest.Pod(t, c.newer)
			older.ResourceVersion, newer.ResourceVersion = "1", "1"
			for i := range newer.Spec.Containers { // which the image alone would settle
				newer.Spec.Containers[i].ImagePullPolicy = "Always"
			}
			for i := range newer.Spec.InitContainers {
				newer.Spec.InitContainers[i].ImagePullPolicy = "Always"
			}
			got := spectest.Abbreviate(ValidatePodUpdate(newer, older, nil))
			matches := len(got) == len(c.want)
			for i := range c.want {
				matches = matches && strings.HasPrefix(got[i], c.want[i])
			}
			if !matches {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSomeAnnotationsOfAPodStayAsTheyAre(t *testing.T) {
	const appArmor = "container.apparmor.security.beta.kubernetes.io/c"
	for name, c := range map[string]struct {
		older, newer map[string]string
		want         string
	}{
		"any other":             {map[string]string{"a": "1", "b": "2"}, map[string]string{"b": "3", "c": "4"}, ""},
		"one of AppArmor":       {map[string]string{appArmor: "unconfined"}, map[string]string{appArmor: "runtime/default"}, "may not remove or update AppArmor annotations"},
		"one of AppArmor less":  {map[string]string{appArmor: "unconfined"}, nil, "may not remove or update AppArmor annotations"},
		"one of AppArmor more":  {nil, map[string]string{appArmor: "unconfined"}, "may not add AppArmor annotations"},
		"the mark of a mirror":  {nil, map[string]string{mirrorAnnotation: "x"}, "may not add mirror pod annotation"},
		"a mirror that is none": {map[string]string{mirrorAnnotation: "x"}, nil, "may not remove or update mirror pod annotation"},
	} {
		t.Run(name, func(t *testing.T) {
			older, newer := spectest.Pod(t, "{nodeName: n, containers: [{name: c, image: i}]}"), spectest.Pod(t, "{nodeName: n, containers: [{name: c, image: i}]}")
			older.ResourceVersion, newer.ResourceVersion = "1", "1"
			older.Annotations, newer.Annotations = c.older, c.newer
			errs := ValidatePodUpdate(newer, older, nil)
			if got := errs.ToAggregate(); (got == nil) != (c.want == "") || got != nil && !strings.Contains(got.Error(), c.want) {
				t.Errorf("got %v, want %q", got, c.want)
			}
		})
	}
}
