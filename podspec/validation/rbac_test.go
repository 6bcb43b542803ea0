package validation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
)

func parseInto[T any](t *testing.T, text string) *T {
	t.Helper()
	var object T
	if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return &object
}

// expect compares errors with the lines of want.
func expect(t *testing.T, text string, errs field.ErrorList, want string) {
	t.Helper()
	var lines []string
	for _, err := range errs {
		lines = append(lines, err.Error()+"\n")
	}
	if diff := cmp.Diff(want, strings.Join(lines, "")); diff != "" {
		t.Errorf("%s\n%s", text, diff)
	}
}

func TestFaultsOfRoles(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{`{metadata: {name: "system:reader", namespace: a}, rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}`, ""},
		{`{metadata: {name: r, namespace: a}}`, ""},
		{`{metadata: {name: a/b}}`, "metadata.name: Invalid value: \"a/b\": may not contain '/'\nmetadata.namespace: Required value\n"},
		{`{metadata: {name: r, namespace: a}, rules: [{resources: [pods]}, {apiGroups: [""], verbs: [get]}]}`,
			"rules[0].apiGroups: Required value: resource rules must supply at least one api group\n" +
				"rules[1].resources: Required value: resource rules must supply at least one resource\nrules[0].verbs: Required value\n"},
		{`{metadata: {name: r, namespace: a}, rules: [{nonResourceURLs: [/x], verbs: [get], apiGroups: [""]}]}`,
			"rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs\n" +
				"rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and non-resource URLs\n"},
	} {
		expect(t, row.text, validation.ValidateRole(parseInto[rbacv1.Role](t, row.text)), row.want)
	}
}

func TestFaultsOfClusterRoles(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{`{metadata: {name: r}, rules: [{nonResourceURLs: [/x], verbs: [get]}]}`, ""},
		{`{metadata: {generateName: "r:"}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}}`, ""},
		{`{metadata: {name: r, namespace: a}}`, "metadata.namespace: Forbidden: not allowed on this type\n"},
		{`{metadata: {name: r}, aggregationRule: {}}`,
			"aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil\n"},
		{`{metadata: {name: r}, aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}}`,
			"aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'\n" +
				"aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.\n"},
	} {
		expect(t, row.text, validation.ValidateClusterRole(parseInto[rbacv1.ClusterRole](t, row.text)), row.want)
	}
}

func TestFaultsOfBindings(t *testing.T) {
	for _, row := range []struct{ text, want, forCluster string }{
		{`{metadata: {name: b, namespace: a}, roleRef: {kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: web}, {kind: User, name: jane}]}`, "",
			"metadata.namespace: Forbidden: not allowed on this type\nroleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"\n" +
				"subjects[0].namespace: Required value\n"},
		{`{metadata: {name: b}, roleRef: {apiGroup: x, name: a/b}, subjects: [{kind: Robot}, {kind: ServiceAccount, name: Web, namespace: a, apiGroup: z}]}`,
			"metadata.namespace: Required value\n" + rest("\"Role\", \"ClusterRole\""), rest("\"ClusterRole\"")},
		{`{metadata: {name: b}, roleRef: {kind: ClusterRole}}`, "metadata.namespace: Required value\nroleRef.name: Required value\n", "roleRef.name: Required value\n"},
	} {
		one, whole := parseInto[rbacv1.RoleBinding](t, row.text), parseInto[rbacv1.ClusterRoleBinding](t, row.text)
		defaults.RoleBinding(one)
		defaults.ClusterRoleBinding(whole)
		expect(t, row.text, validation.ValidateRoleBinding(one), row.want)
		expect(t, "cluster: "+row.text, validation.ValidateClusterRoleBinding(whole), row.forCluster)
	}
}

// rest are the faults of a binding that has one in each field, with the kinds of role that it may refer to.
func rest(kinds string) string {
	const lowercase = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an ` +
		`alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
	return "roleRef.apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\"\n" +
		"roleRef.kind: Unsupported value: \"\": supported values: " + kinds + "\n" +
		"roleRef.name: Invalid value: \"a/b\": may not contain '/'\n" +
		"subjects[0].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\"\n" +
		"subjects[1].name: Invalid value: \"Web\": " + lowercase + "\n" +
		"subjects[1].apiGroup: Unsupported value: \"z\": supported values: \"\"\n" +
		"subjects[0].name: Required value\n"
}

func TestTheRoleOfABindingStays(t *testing.T) {
	const was = `{metadata: {name: b, namespace: a, resourceVersion: "1"}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}}`
	older, newer := parseInto[rbacv1.RoleBinding](t, was), parseInto[rbacv1.RoleBinding](t, was)
	newer.Subjects = []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "jane"}}
	expect(t, "another subject", validation.ValidateRoleBindingUpdate(newer, older), "")
	newer.RoleRef.Name = "s"
	expect(t, "another role", validation.ValidateRoleBindingUpdate(newer, older),
		"roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"s\"}: field is immutable\n")
}
