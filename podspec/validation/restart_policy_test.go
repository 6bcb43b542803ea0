package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestRestartPoliciesOfContainersAreValidated(t *testing.T) {
	rules := func(text string) string {
		return spectest.Container("restartPolicy: Never, restartPolicyRules: [" + text + "]")
	}
	const rule = "{action: Restart, exitCodes: {operator: In, values: [1]}}"
	checkSpecs(t, []validationCase{
		{"S2.57", "another word", spectest.Container("restartPolicy: Foo"), []string{`C0.restartPolicy: Unsupported value: "Foo": supported values: "Always", "Never", "OnFailure"`}},
		{"S2.57", "an empty word", spectest.Container("restartPolicy: ''"), []string{`C0.restartPolicy: Unsupported value: "": supported values: "Always", "Never", "OnFailure"`}},
		{"S2.57", "another word of an init", "{initContainers: [{name: d, image: i, restartPolicy: Foo}]}", []string{
			`spec.initContainers[0].restartPolicy: Unsupported value: "Foo": supported values: "Always", "Never", "OnFailure"`}},
		{"S2.57", "all words", "{containers: [{name: a, image: i, restartPolicy: Always}, {name: b, image: i, restartPolicy: Never}], " +
			"initContainers: [{name: c, image: i, restartPolicy: OnFailure}, {name: d, image: i, restartPolicy: Never}]}", nil},
		{"S2.58", "rules without a policy", spectest.Container("restartPolicyRules: [" + rule + ", {action: Stop}]"), []string{
			`C0.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
			`C0.restartPolicyRules[1].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"`,
			`C0.restartPolicyRules[1].exitCodes: Required value: must be specified`}},
		{"S2.58", "rules of an init without a policy, which are not looked at", "{initContainers: [{name: d, image: i, restartPolicyRules: [{action: Stop}]}]}", []string{
			`spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used`}},
		{"S2.59", "an action", rules("{action: Stop, exitCodes: {operator: In}}"), []string{
			`C0.restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"`}},
		{"S2.59", "no action", rules("{exitCodes: {operator: In}}"), []string{
			`C0.restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"`}},
		{"S2.59", "an operator", rules("{action: Restart, exitCodes: {operator: Eq, values: [1]}}"), []string{
			`C0.restartPolicyRules[0].exitCodes.operator: Unsupported value: "Eq": supported values: "In", "NotIn"`}},
		{"S2.59", "no operator", rules("{action: Restart, exitCodes: {values: [1]}}"), []string{
			`C0.restartPolicyRules[0].exitCodes.operator: Unsupported value: "": supported values: "In", "NotIn"`}},
		{"S2.59", "no exit codes", rules("{action: RestartAllContainers}"), []string{`C0.restartPolicyRules[0].exitCodes: Required value: must be specified`}},
		{"S2.59", "20 rules", rules(strings.TrimSuffix(strings.Repeat(rule+",", 20), ",")), nil},
		{"S2.59", "21 rules", rules(strings.TrimSuffix(strings.Repeat(rule+",", 21), ",")), []string{`C0.restartPolicyRules: Too many: 21: must have at most 20 items`}},
		{"S2.59", "255 values", rules("{action: Restart, exitCodes: {operator: NotIn, values: [" + strings.TrimSuffix(strings.Repeat("7,", 255), ",") + "]}}"), nil},
		{"S2.59", "256 values", rules("{action: Restart, exitCodes: {operator: NotIn, values: [" + strings.TrimSuffix(strings.Repeat("7,", 256), ",") + "]}}"), []string{
			`C0.restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items`}},
		{"S4.43", "rules of a sidecar", "{initContainers: [{name: s, image: i, restartPolicy: Always, restartPolicyRules: [" + rule + "]}]}", nil},
	})
}

func TestWithoutRestartAllContainersItsActionIsRefused(t *testing.T) {
	const rule = "exitCodes: {operator: In, values: [1]}"
	cases := []validationCase{
		{"S2.59", "of a main", spectest.Container("restartPolicy: Never, restartPolicyRules: [{action: RestartAllContainers, " + rule + "}]"), []string{
			`C0.restartPolicyRules[0].action: Unsupported value: "RestartAllContainers": supported values: "Restart"`}},
		{"S2.59", "another rule of a main", spectest.Container("restartPolicy: Never, restartPolicyRules: [{action: Restart, " + rule + "}]"), nil},
		{"S2.59", "any rule of a sidecar", "{containers: [{name: c, image: i}], initContainers: [{name: s, image: i, restartPolicy: Always, restartPolicyRules: [{action: Restart, " + rule + "}]}]}", []string{
			`spec.initContainers[0].restartPolicyRules: Forbidden: restartPolicyRules are not allowed for init containers with restart policy Always`}},
		{"S2.57", "a sidecar without rules", "{containers: [{name: c, image: i}], initContainers: [{name: s, image: i, restartPolicy: Always}]}", nil},
	}
	for _, c := range cases {
		errs := ValidatePod(spectest.Pod(t, c.spec), podspec.FeatureGates{podspec.RestartAllContainersOnContainerExits: false})
		if diff := cmp.Diff(c.want, spectest.Abbreviate(errs)); diff != "" {
			t.Errorf("%s %s: %s", c.fact, c.name, diff)
		}
	}
}
