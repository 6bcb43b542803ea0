package kubeapi_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	rbacapply "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// serveWithRBAC serves the API with roles and bindings that count, those of every cluster among them.
func serveWithRBAC(t *testing.T) *api {
	t.Helper()
	api := serveWith(t, kubeapi.Config{RBAC: func() bool { return true }})
	kubeapi.CreatePolicy(api.store)
	return api
}

// as are clients of somebody else, whom the admin pretends to be.
func (a *api) as(who rest.ImpersonationConfig) *kubernetes.Clientset {
	a.t.Helper()
	config := a.config()
	config.Impersonate = who
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		a.t.Fatal(err)
	}
	return clients
}

func (a *api) asAccount(namespace, name string) *kubernetes.Clientset {
	return a.as(rest.ImpersonationConfig{UserName: "system:serviceaccount:" + namespace + ":" + name})
}

// bind lets an account of the namespace "default" do what a role of that name does.
func (a *api) bind(account, name string, rules ...rbacv1.PolicyRule) {
	a.t.Helper()
	of := a.clients().RbacV1()
	if _, err := of.Roles("default").Create(a.t.Context(), &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}, metav1.CreateOptions{}); err != nil {
		a.t.Fatal(err)
	}
	_, err := of.RoleBindings("default").Create(a.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: account, Namespace: "default"}},
	}, metav1.CreateOptions{})
	if err != nil {
		a.t.Fatal(err)
	}
}

func rule(resource string, verbs ...string) rbacv1.PolicyRule {
	resource, group, _ := strings.Cut(resource, ".")
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// wantForbidden wants a refusal in these words.
func wantForbidden(t *testing.T, err error, words string) {
	t.Helper()
	if !apierrors.IsForbidden(err) || err.Error() != words {
		t.Errorf("got %v\nwant %s", err, words)
	}
}

func TestWhatNoRoleAllowsIsForbidden(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	api.havePod("web")
	api.bind("reader", "pods", rule("pods", "get", "list"), rule("pods/log", "get"))
	reader := api.asAccount("default", "reader")
	if list, err := reader.CoreV1().Pods("default").List(ctx, metav1.ListOptions{}); err != nil || len(list.Items) != 1 {
		t.Errorf("what is allowed: %v, %v", list, err)
	}
	if _, err := reader.CoreV1().Pods("default").GetLogs("web", &corev1.PodLogOptions{}).DoRaw(ctx); err != nil {
		t.Errorf("a subresource that is allowed: %v", err)
	}
	const who = `User "system:serviceaccount:default:reader" cannot `
	_, err := reader.CoreV1().Pods("kube-system").List(ctx, metav1.ListOptions{})
	wantForbidden(t, err, `pods is forbidden: `+who+`list resource "pods" in API group "" in the namespace "kube-system"`)
	_, err = reader.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	wantForbidden(t, err, `pods is forbidden: `+who+`list resource "pods" in API group "" at the cluster scope`)
	err = reader.CoreV1().Pods("default").Delete(ctx, "web", metav1.DeleteOptions{})
	wantForbidden(t, err, `pods "web" is forbidden: `+who+`delete resource "pods" in API group "" in the namespace "default"`)
	_, err = reader.CoordinationV1().Leases("default").Get(ctx, "l", metav1.GetOptions{})
	wantForbidden(t, err, `leases.coordination.k8s.io "l" is forbidden: `+who+`get resource "leases" in API group "coordination.k8s.io" in the namespace "default"`)
	_, err = reader.CoreV1().Pods("default").UpdateStatus(ctx, newPod("web"), metav1.UpdateOptions{})
	wantForbidden(t, err, `pods "web" is forbidden: `+who+`update resource "pods/status" in API group "" in the namespace "default"`)
	err = reader.RESTClient().Get().AbsPath("/metrics").Do(ctx).Error()
	wantForbidden(t, err, `forbidden: `+who+`get path "/metrics"`)

	if _, err := reader.Discovery().ServerPreferredResources(); err != nil {
		t.Errorf("what everybody may know: %v", err)
	}
	if err := api.clients().RbacV1().RoleBindings("default").Delete(ctx, "pods", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.CoreV1().Pods("default").List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("without the binding: %v", err)
	}
}

func TestACreationByUpdateOrApplyNeedsToBeAllowed(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	api.bind("web", "leases", rule("leases.coordination.k8s.io", "get", "update", "patch"))
	request := api.asAccount("default", "web").CoordinationV1().RESTClient().Patch(types.ApplyPatchType).Namespace("default").Resource("leases").
		Name("l").Param("fieldManager", "m").Body([]byte(`{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"}}`))
	if err := request.Do(ctx).Error(); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "cannot create resource") {
		t.Errorf("apply of what is not there: %v", err)
	}
}

func TestOnlyWhoMayDoesAsOthers(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "pods", Namespace: "default"}}}
	jane := api.as(rest.ImpersonationConfig{UserName: "jane", Groups: []string{"system:masters"}})
	if got, err := jane.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{}); err != nil || !got.Status.Allowed {
		t.Errorf("in a group that may do everything: %v, %v", got, err)
	}
	if who, err := jane.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{}); err != nil || who.Status.UserInfo.Username != "jane" {
		t.Errorf("who asks: %v, %v", who, err)
	}
	holders := httptest.NewServer(kubeapi.ForAccounts(fakeTokens{}, api.handler))
	defer holders.Close()
	clients, err := kubernetes.NewForConfig(&rest.Config{
		Host: holders.URL, BearerToken: "default/web/api/1h", Impersonate: rest.ImpersonationConfig{UserName: "jane"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = clients.CoreV1().Pods("default").List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `User "system:serviceaccount:default:web" cannot impersonate`) {
		t.Errorf("an account that may not: %v", err)
	}
}

func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	api.bind("boss", "boss", rule("pods", "get", "list"),
		rbacv1.PolicyRule{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"roles", "rolebindings"}, Verbs: []string{"create", "update", "get"}})
	boss := api.asAccount("default", "boss").RbacV1()
	role := func(name string, rules ...rbacv1.PolicyRule) *rbacv1.Role {
		return &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
	}
	binding := func(name, kind, role string) *rbacv1.RoleBinding {
		return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{Kind: kind, Name: role},
			Subjects: []rbacv1.Subject{{Kind: "User", Name: "jane"}}}
	}
	const who = `user "system:serviceaccount:default:boss" (groups=["system:serviceaccounts" "system:serviceaccounts:default" "system:authenticated"])` +
		" is attempting to grant RBAC permissions not currently held:\n"
	has, err := boss.Roles("default").Create(ctx, role("has", rule("pods", "get")), metav1.CreateOptions{})
	if err != nil {
		t.Errorf("a role with what he has: %v", err)
	}
	_, err = boss.Roles("default").Create(ctx, role("lacks", rule("pods", "get", "delete"), rule("secrets", "get")), metav1.CreateOptions{})
	wantForbidden(t, err, `roles.rbac.authorization.k8s.io "lacks" is forbidden: `+who+
		`{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}`+"\n"+`{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`)
	has.Rules = append(has.Rules, rule("secrets", "get"))
	_, err = boss.Roles("default").Update(ctx, has, metav1.UpdateOptions{})
	wantForbidden(t, err, `roles.rbac.authorization.k8s.io "has" is forbidden: `+who+`{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`)

	if _, err := boss.RoleBindings("default").Create(ctx, binding("has", "Role", "has"), metav1.CreateOptions{}); err != nil {
		t.Errorf("a binding of a role with what he has: %v", err)
	}
	_, err = boss.RoleBindings("default").Create(ctx, binding("view", "ClusterRole", "system:kube-dns"), metav1.CreateOptions{})
	wantForbidden(t, err, `rolebindings.rbac.authorization.k8s.io "view" is forbidden: `+who+
		`{APIGroups:[""], Resources:["endpoints"], Verbs:["list" "watch"]}`+"\n"+`{APIGroups:[""], Resources:["services"], Verbs:["list" "watch"]}`)
	if _, err := boss.RoleBindings("default").Create(ctx, binding("nowhere", "Role", "nowhere"), metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a binding of no role: %v", err)
	}

	api.bind("boss", "escalates", rule("roles.rbac.authorization.k8s.io", "escalate"),
		rbacv1.PolicyRule{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"clusterroles"}, ResourceNames: []string{"view"}, Verbs: []string{"bind"}})
	if _, err := boss.Roles("default").Create(ctx, role("lacks", rule("secrets", "get")), metav1.CreateOptions{}); err != nil {
		t.Errorf("a role with more, where he may escalate: %v", err)
	}
	if _, err := boss.RoleBindings("default").Create(ctx, binding("view", "ClusterRole", "view"), metav1.CreateOptions{}); err != nil {
		t.Errorf("a binding of a role that he may bind: %v", err)
	}
	if _, err := boss.RoleBindings("default").Create(ctx, binding("edit", "ClusterRole", "edit"), metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a binding of another role: %v", err)
	}
}

func TestReviewsTellWhatRolesAllow(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	api.bind("web", "pods", rule("pods", "get"))
	ask := func(verb string, groups ...string) authorizationv1.SubjectAccessReviewStatus {
		t.Helper()
		got, err := api.clients().AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{User: "system:serviceaccount:default:web", Groups: groups,
				ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: verb, Resource: "pods", Namespace: "default"}},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return got.Status
	}
	const reason = `RBAC: allowed by RoleBinding "pods/default" of Role "pods" to ServiceAccount "web/default"`
	if got := ask("get"); !got.Allowed || got.Denied || got.Reason != reason {
		t.Errorf("what is allowed: %+v", got)
	}
	if got := ask("list"); got.Allowed || got.Denied || got.Reason != "" {
		t.Errorf("what is not: %+v", got)
	}
	if got := ask("list", "system:masters"); !got.Allowed {
		t.Errorf("in a group that may do everything: %+v", got)
	}
	local, err := api.clients().AuthorizationV1().LocalSubjectAccessReviews("default").Create(ctx, &authorizationv1.LocalSubjectAccessReview{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default"},
		Spec: authorizationv1.SubjectAccessReviewSpec{User: "system:serviceaccount:default:web",
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "pods", Namespace: "default"}},
	}, metav1.CreateOptions{})
	if err != nil || !local.Status.Allowed {
		t.Errorf("a local one: %+v, %v", local, err)
	}
	rules, err := api.asAccount("default", "web").AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "default"}}, metav1.CreateOptions{})
	if err != nil || rules.Status.Incomplete {
		t.Fatalf("%+v, %v", rules, err)
	}
	isPods := func(r authorizationv1.ResourceRule) bool {
		return slices.Equal(r.Resources, []string{"pods"}) && slices.Equal(r.Verbs, []string{"get"})
	}
	if !slices.ContainsFunc(rules.Status.ResourceRules, isPods) || len(rules.Status.NonResourceRules) == 0 {
		t.Errorf("all that he may do: %+v", rules.Status)
	}
}

func TestRolesThatGatherFollowTheOthers(t *testing.T) {
	api, ctx := serveWithRBAC(t), t.Context()
	var running sync.WaitGroup
	defer running.Wait()
	defer api.stop()
	running.Go(func() { api.handler.Run(api.ctx) })
	roles := api.clients().RbacV1().ClusterRoles()
	await := func(name string, wanted bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		seen := false
		store.Follow(ctx, api.store.ClusterRoles, func(role *rbacv1.ClusterRole) {
			has := slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool { return slices.Contains(r.Resources, "widgets") })
			if role.Name == name && has == wanted {
				seen = true
				cancel()
			}
		})
		if !seen {
			t.Fatalf("%s: the new rule is there: %v", name, !wanted)
		}
	}
	_, err := roles.Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets", Labels: map[string]string{"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
		Rules:      []rbacv1.PolicyRule{rule("widgets.example.com", "get")},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"view", "edit", "admin"} {
		await(role, true)
	}
	if err := roles.Delete(ctx, "widgets", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await("admin", false)
	_, err = api.as(rest.ImpersonationConfig{UserName: "jane"}).RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{}, metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("a cluster role by somebody: %v", err)
	}
}

func TestRolesAreAppliedAndShown(t *testing.T) {
	api, ctx := serve(t), t.Context()
	role := rbacapply.Role("reader", "default").WithRules(rbacapply.PolicyRule().WithAPIGroups("").WithResources("pods").WithVerbs("get"))
	if _, err := api.clients().RbacV1().Roles("default").Apply(ctx, role, metav1.ApplyOptions{FieldManager: "m"}); err != nil {
		t.Fatal(err)
	}
	binding := rbacapply.RoleBinding("reader", "default").WithRoleRef(rbacapply.RoleRef().WithKind("Role").WithName("reader").WithAPIGroup(rbacv1.GroupName)).
		WithSubjects(rbacapply.Subject().WithKind("ServiceAccount").WithName("web").WithNamespace("default"), rbacapply.Subject().WithKind("User").WithName("jane"))
	got, err := api.clients().RbacV1().RoleBindings("default").Apply(ctx, binding, metav1.ApplyOptions{FieldManager: "m"})
	if err != nil || got.Subjects[1].APIGroup != rbacv1.GroupName {
		t.Fatalf("%v, %v", got, err)
	}
	binding.RoleRef.WithName("writer")
	_, err = api.clients().RbacV1().RoleBindings("default").Apply(ctx, binding, metav1.ApplyOptions{FieldManager: "m"})
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "roleRef: Invalid value") || !strings.Contains(err.Error(), "field is immutable") {
		t.Errorf("another role: %v", err)
	}
	for _, row := range [][2]string{
		{"get rolebindings", "NAME ROLE AGE\nreader Role/reader 0s"},
		{"get rolebindings -o wide", "NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS\nreader Role/reader 0s jane default/web"},
		{"get clusterroles", "No resources found"},
		{"get roles -o name", "role.rbac.authorization.k8s.io/reader"},
		{"get roles reader --no-headers", "reader " + api.role("reader").CreationTimestamp.UTC().Format(time.RFC3339)},
		{"describe role reader", "Name: reader\nLabels: <none>\nAnnotations: <none>\nPolicyRule:\nResources Non-Resource URLs Resource Names Verbs\n--------- ----------------- -------------- -----\npods [] [] [get]"},
		{"auth can-i list pods", "yes"},
		{"auth can-i --list --no-headers", "*.* [] [] [*]\n[*] [] [*]"},
		{"create role r --verb=get", "error: at least one resource must be specified (exit 1)"},
		{"create clusterrole c --verb=get --resource=pods", "clusterrole.rbac.authorization.k8s.io/c created"},
		{"create rolebinding b --clusterrole=c --serviceaccount=a:b", "rolebinding.rbac.authorization.k8s.io/b created"},
	} {
		if got := columns(api.kubectl(strings.Fields(row[0])...)); got != row[1] {
			t.Errorf("kubectl %s\n got: %s\nwant: %s", row[0], got, row[1])
		}
	}
}

func (a *api) role(name string) *rbacv1.Role {
	a.t.Helper()
	role, err := a.clients().RbacV1().Roles("default").Get(a.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		a.t.Fatal(err)
	}
	return role
}
