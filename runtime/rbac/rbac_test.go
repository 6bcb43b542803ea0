package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/podsim/podsim/runtime/rbac"
)

// policy is one of objects.
type policy struct{ has rbac.Objects }

func (p policy) Role(namespace, name string) (*rbacv1.Role, error) {
	i := slices.IndexFunc(p.has.Roles, func(r *rbacv1.Role) bool { return r.Namespace == namespace && r.Name == name })
	if i < 0 {
		return nil, apierrors.NewNotFound(rbacv1.Resource("roles"), name)
	}
	return p.has.Roles[i], nil
}

func (p policy) ClusterRole(name string) (*rbacv1.ClusterRole, error) {
	i := slices.IndexFunc(p.has.ClusterRoles, func(r *rbacv1.ClusterRole) bool { return r.Name == name })
	if i < 0 {
		return nil, apierrors.NewNotFound(rbacv1.Resource("clusterroles"), name)
	}
	return p.has.ClusterRoles[i], nil
}

func (p policy) RoleBindings(namespace string) []*rbacv1.RoleBinding {
	return slices.DeleteFunc(slices.Clone(p.has.RoleBindings), func(b *rbacv1.RoleBinding) bool { return b.Namespace != namespace })
}

func (p policy) ClusterRoleBindings() []*rbacv1.ClusterRoleBinding { return p.has.ClusterRoleBindings }

// asked is a question in words: a verb, then a resource such as pods/log, pods.apps, pods:web for the one of that name, or a path.
func asked(words string, who user.Info, namespace string) authorizer.AttributesRecord {
	verb, what, _ := strings.Cut(words, " ")
	if strings.HasPrefix(what, "/") {
		return authorizer.AttributesRecord{User: who, Verb: verb, Path: what}
	}
	what, name, _ := strings.Cut(what, ":")
	what, subresource, _ := strings.Cut(what, "/")
	resource, group, _ := strings.Cut(what, ".")
	return authorizer.AttributesRecord{
		User: who, Verb: verb, Namespace: namespace, APIGroup: group, Resource: resource, Subresource: subresource, Name: name, ResourceRequest: true,
	}
}

func TestWhatARuleAllows(t *testing.T) {
	for _, row := range []struct {
		rule      rbacv1.PolicyRule
		yes, nope []string
	}{
		{
			rbacv1.PolicyRule{Verbs: []string{"get", "list"}, APIGroups: []string{""}, Resources: []string{"pods", "pods/log"}},
			[]string{"get pods", "list pods", "get pods:web", "get pods/log:web"},
			[]string{"watch pods", "get pods/exec:web", "get pods.metrics.k8s.io", "get configmaps", "get /pods"},
		},
		{
			rbacv1.PolicyRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
			[]string{"get pods", "delete pods/log:web", "create leases.coordination.k8s.io"},
			[]string{"get /healthz"},
		},
		{
			rbacv1.PolicyRule{Verbs: []string{"update"}, APIGroups: []string{"apps"}, Resources: []string{"*/scale"}},
			[]string{"update deployments.apps/scale:web", "update statefulsets.apps/scale:db"},
			[]string{"update deployments.apps:web", "update deployments.apps/status:web", "update replicationcontrollers/scale:web"},
		},
		{
			rbacv1.PolicyRule{Verbs: []string{"get", "list", "create"}, APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{"a", "b"}},
			[]string{"get configmaps:a", "get configmaps:b", "list configmaps:a"},
			[]string{"get configmaps:c", "list configmaps", "create configmaps"},
		},
		{
			rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"/healthz", "/metrics/*", "/version*"}},
			[]string{"get /healthz", "get /metrics/", "get /metrics/slis", "get /version", "get /version/"},
			[]string{"post /healthz", "get /healthz/", "get /metrics", "get /", "get pods"},
		},
		{rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"*"}}, []string{"get /", "get /any/thing"}, []string{"put /"}},
		{rbacv1.PolicyRule{Verbs: []string{"get"}}, nil, []string{"get pods", "get /"}},
	} {
		for _, words := range row.yes {
			if !rbac.Allows(&row.rule, asked(words, nil, "ns")) {
				t.Errorf("%v does not allow: %s", row.rule, words)
			}
		}
		for _, words := range row.nope {
			if rbac.Allows(&row.rule, asked(words, nil, "ns")) {
				t.Errorf("%v allows: %s", row.rule, words)
			}
		}
	}
}

func account(namespace, name string) user.Info {
	return &user.DefaultInfo{Name: "system:serviceaccount:" + namespace + ":" + name,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}}
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func reads(resource string) []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{resource}}}
}

// team has the role "pods" in two namespaces, the cluster role "secrets", and bindings of all kinds.
var team = policy{rbac.Objects{
	Roles:        []*rbacv1.Role{{ObjectMeta: meta("a", "pods"), Rules: reads("pods")}, {ObjectMeta: meta("b", "pods"), Rules: reads("pods")}},
	ClusterRoles: []*rbacv1.ClusterRole{{ObjectMeta: meta("", "secrets"), Rules: reads("secrets")}, {ObjectMeta: meta("", "nodes"), Rules: reads("nodes")}},
	RoleBindings: []*rbacv1.RoleBinding{
		{ObjectMeta: meta("a", "web-reads"), RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "pods"},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "web"}, {Kind: "ServiceAccount", Namespace: "b", Name: "other"}}},
		{ObjectMeta: meta("a", "secrets-here"), RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "secrets"}, Subjects: []rbacv1.Subject{{Kind: "User", Name: "jane"}}},
		{ObjectMeta: meta("b", "leads-nowhere"), RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "missing"}, Subjects: []rbacv1.Subject{{Kind: "User", Name: "jane"}}},
	},
	ClusterRoleBindings: []*rbacv1.ClusterRoleBinding{
		{ObjectMeta: meta("", "ops"), RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "nodes"}, Subjects: []rbacv1.Subject{{Kind: "Group", Name: "ops"}}},
		{ObjectMeta: meta("", "no-namespace"), RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "nodes"}, Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "web"}}},
	},
}}

func TestBindingsGiveRulesToTheirSubjectsWhereTheyAre(t *testing.T) {
	jane, ops := &user.DefaultInfo{Name: "jane"}, &user.DefaultInfo{Name: "bo", Groups: []string{"x", "ops"}}
	for _, row := range []struct {
		who              user.Info
		words, namespace string
		want, reason     string
	}{
		{account("a", "web"), "get pods", "a", "allow", `RBAC: allowed by RoleBinding "web-reads/a" of Role "pods" to ServiceAccount "web/a"`},
		{account("b", "other"), "get pods", "a", "allow", `RBAC: allowed by RoleBinding "web-reads/a" of Role "pods" to ServiceAccount "other/b"`},
		{account("a", "other"), "get pods", "a", "no opinion", ""},
		{account("b", "web"), "get pods", "a", "no opinion", ""},
		{account("a", "web"), "get pods", "b", "no opinion", ""},
		{account("a", "web"), "get pods", "", "no opinion", ""},
		{account("a", "web"), "get secrets", "a", "no opinion", ""},
		{account("a", "web"), "get nodes", "", "no opinion", ""},
		{jane, "get secrets", "a", "allow", `RBAC: allowed by RoleBinding "secrets-here/a" of ClusterRole "secrets" to User "jane"`},
		{jane, "get secrets", "b", "no opinion", `RBAC: roles.rbac.authorization.k8s.io "missing" not found`},
		{jane, "get secrets", "", "no opinion", ""},
		{ops, "get nodes", "", "allow", `RBAC: allowed by ClusterRoleBinding "ops" of ClusterRole "nodes" to Group "ops"`},
		{ops, "get nodes", "anywhere", "allow", `RBAC: allowed by ClusterRoleBinding "ops" of ClusterRole "nodes" to Group "ops"`},
	} {
		decision, reason, err := rbac.Authorizer{Policy: team}.Authorize(t.Context(), asked(row.words, row.who, row.namespace))
		got := map[authorizer.Decision]string{authorizer.DecisionAllow: "allow", authorizer.DecisionNoOpinion: "no opinion"}[decision]
		if got != row.want || reason != row.reason || err != nil {
			t.Errorf("%s: %s in %q: %s, %q, %v", row.who.GetName(), row.words, row.namespace, got, reason, err)
		}
	}
	if decision, _, err := (rbac.Authorizer{Policy: team}).Authorize(t.Context(), asked("get nodes", nil, "")); decision == authorizer.DecisionAllow || err == nil {
		t.Errorf("nobody: %v, %v", decision, err)
	}
}

func TestTheRulesOfSomebodyAreAllThoseThatHisBindingsGive(t *testing.T) {
	rules, err := rbac.Authorizer{Policy: team}.Rules(&user.DefaultInfo{Name: "jane", Groups: []string{"ops"}}, "a")
	if diff := cmp.Diff(append(reads("nodes"), reads("secrets")...), rules); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	resources, others, incomplete, err := rbac.Authorizer{Policy: policy{rbac.Bootstrap()}}.RulesFor(t.Context(), account("a", "web"), "a")
	if err != nil || incomplete || len(resources) != 3 || len(others) != 3 {
		t.Errorf("an account without bindings of its own: %v, %v, %v, %v", resources, others, incomplete, err)
	}
	if _, err = (rbac.Authorizer{Policy: team}).Rules(&user.DefaultInfo{Name: "jane"}, "b"); err == nil {
		t.Error("a role that there is not is not told of")
	}
}

func TestWhatSomebodyLacksIsToldAsAnAPIServerTellsIt(t *testing.T) {
	all := []rbacv1.PolicyRule{{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}}
	wanted := []rbacv1.PolicyRule{
		{Verbs: []string{"get", "list"}, APIGroups: []string{"", "apps"}, Resources: []string{"pods"}},
		{Verbs: []string{"get"}, NonResourceURLs: []string{"/metrics"}},
		{Verbs: []string{"update"}, APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{"a"}},
	}
	for _, row := range []struct {
		held []rbacv1.PolicyRule
		want []string
	}{
		{reads("pods"), []string{
			`{APIGroups:[""], Resources:["configmaps"], ResourceNames:["a"], Verbs:["update"]}`,
			`{APIGroups:[""], Resources:["pods"], Verbs:["list"]}`,
			`{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list"]}`,
			`{NonResourceURLs:["/metrics"], Verbs:["get"]}`,
		}},
		{all, []string{`{NonResourceURLs:["/metrics"], Verbs:["get"]}`}},
		{append(all, wanted[1]), nil},
	} {
		if diff := cmp.Diff(row.want, rbac.Missing(row.held, wanted)); diff != "" {
			t.Errorf("held %v:\n%s", row.held, diff)
		}
	}
}

func TestARoleGathersTheRulesOfOthers(t *testing.T) {
	labelled := func(name string, rules []rbacv1.PolicyRule, labels ...string) *rbacv1.ClusterRole {
		role := &rbacv1.ClusterRole{ObjectMeta: meta("", name), Rules: rules}
		for _, label := range labels {
			metav1.SetMetaDataLabel(&role.ObjectMeta, label, "true")
		}
		return role
	}
	selector := func(label string) metav1.LabelSelector {
		return metav1.LabelSelector{MatchLabels: map[string]string{label: "true"}}
	}
	whole := labelled("whole", reads("ignored"), "first")
	whole.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{selector("second"), selector("first")}}
	all := []*rbacv1.ClusterRole{
		labelled("z", reads("pods"), "first"), whole, labelled("y", append(reads("nodes"), reads("pods")...), "first"),
		labelled("x", reads("secrets"), "second", "first"), labelled("w", reads("services")),
	}
	got, err := rbac.Aggregate(whole, all)
	if diff := cmp.Diff(slices.Concat(reads("secrets"), reads("nodes"), reads("pods")), got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	whole.AggregationRule.ClusterRoleSelectors[0].MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Likes"}}
	if _, err := rbac.Aggregate(whole, all); err == nil {
		t.Error("an operator that there is not is taken")
	}
}

func TestEveryClusterBeginsWithRolesForItsUsers(t *testing.T) {
	objects := rbac.Bootstrap()
	if len(objects.ClusterRoles) != 32 || len(objects.ClusterRoleBindings) != 13 || len(objects.Roles) != 1 || len(objects.RoleBindings) != 1 {
		t.Errorf("%d cluster roles, %d cluster role bindings, %d roles, %d role bindings", len(objects.ClusterRoles),
			len(objects.ClusterRoleBindings), len(objects.Roles), len(objects.RoleBindings))
	}
	for _, role := range objects.ClusterRoles {
		if !rbac.IsBootstrapped(role) || len(role.Rules) == 0 {
			t.Errorf("%s: labels %v, %d rules", role.Name, role.Labels, len(role.Rules))
		}
	}
	bound := policy{objects}
	bind := func(role string) user.Info {
		bound.has.RoleBindings = append(bound.has.RoleBindings, &rbacv1.RoleBinding{
			ObjectMeta: meta("a", role), RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: role}, Subjects: []rbacv1.Subject{{Kind: "User", Name: role}},
		})
		return &user.DefaultInfo{Name: role, Groups: []string{user.AllAuthenticated}}
	}
	view, edit, admin, delegator := bind("view"), bind("edit"), bind("admin"), bind("system:auth-delegator")
	masters := &user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}}
	anonymous := &user.DefaultInfo{Name: user.Anonymous, Groups: []string{user.AllUnauthenticated}}
	for _, row := range []struct {
		who       user.Info
		yes, nope []string
	}{
		{view, []string{"get pods", "get pods/log:web", "watch configmaps", "list events.events.k8s.io", "get /apis", "create selfsubjectaccessreviews.authorization.k8s.io"},
			[]string{"get secrets", "create pods", "get pods/exec:web", "get roles.rbac.authorization.k8s.io"}},
		{edit, []string{"get pods", "get secrets", "create pods/exec:web", "update leases.coordination.k8s.io", "delete deployments.apps"},
			[]string{"create roles.rbac.authorization.k8s.io", "update pods/status:web"}},
		{admin, []string{"get pods", "get secrets", "create roles.rbac.authorization.k8s.io", "create localsubjectaccessreviews.authorization.k8s.io"},
			[]string{"escalate roles.rbac.authorization.k8s.io", "create clusterroles.rbac.authorization.k8s.io"}},
		{delegator, []string{"create tokenreviews.authentication.k8s.io", "create subjectaccessreviews.authorization.k8s.io"}, []string{"get pods"}},
		{masters, []string{"escalate clusterroles.rbac.authorization.k8s.io", "get /anything"}, nil},
		{account("a", "web"), []string{"get /openapi/v3", "get /.well-known/openid-configuration", "create selfsubjectreviews.authentication.k8s.io"},
			[]string{"get pods", "get /metrics"}},
		{anonymous, []string{"get /version", "get /readyz"}, []string{"get /api", "get /openapi/v2"}},
	} {
		for _, words := range append(slices.Clone(row.yes), row.nope...) {
			decision, _, _ := rbac.Authorizer{Policy: bound}.Authorize(t.Context(), asked(words, row.who, "a"))
			if allowed := decision == authorizer.DecisionAllow; allowed != slices.Contains(row.yes, words) {
				t.Errorf("%s: %s: %v", row.who.GetName(), words, allowed)
			}
		}
	}
}

func BenchmarkBootstrap(b *testing.B) {
	for b.Loop() {
		rbac.Bootstrap()
	}
}

func BenchmarkADecisionWithTheBootstrapPolicy(b *testing.B) {
	question := asked("get pods", account("a", "web"), "a")
	all := rbac.Authorizer{Policy: policy{rbac.Bootstrap()}}
	for b.Loop() {
		_, _, _ = all.Authorize(b.Context(), question)
	}
}
