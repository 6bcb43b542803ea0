package rbac

import (
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
)

// Objects are roles and bindings.
type Objects struct {
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
	Roles               []*rbacv1.Role
	RoleBindings        []*rbacv1.RoleBinding
}

// The label by which the objects are known that every cluster begins with.
const (
	labelBootstrapping = "kubernetes.io/bootstrapping"
	bootstrapping      = "rbac-defaults"
)

// standing are the objects of Bootstrap.
var standing = sync.OnceValue(Bootstrap)

// IsStanding reports whether an object has the name of one that every cluster begins with, whatever has become of that since.
func IsStanding(object metav1.Object) bool {
	is := func(other metav1.Object) bool {
		return other.GetNamespace() == object.GetNamespace() && other.GetName() == object.GetName()
	}
	switch object.(type) {
	case *rbacv1.ClusterRole:
		return slices.ContainsFunc(standing().ClusterRoles, func(o *rbacv1.ClusterRole) bool { return is(o) })
	case *rbacv1.ClusterRoleBinding:
		return slices.ContainsFunc(standing().ClusterRoleBindings, func(o *rbacv1.ClusterRoleBinding) bool { return is(o) })
	case *rbacv1.Role:
		return slices.ContainsFunc(standing().Roles, func(o *rbacv1.Role) bool { return is(o) })
	case *rbacv1.RoleBinding:
		return slices.ContainsFunc(standing().RoleBindings, func(o *rbacv1.RoleBinding) bool { return is(o) })
	}
	return false
}

// IsBootstrapped reports whether an object is one that every cluster begins with, and as it was then: what a client changed, or copied with
// its labels, is a user's. The rules that a role gathers from others are no change.
func IsBootstrapped(object metav1.Object) bool {
	same := equality.Semantic.DeepEqual
	switch o := object.(type) {
	case *rbacv1.ClusterRole:
		return slices.ContainsFunc(standing().ClusterRoles, func(s *rbacv1.ClusterRole) bool {
			return isNamed(o, s) && same(o.AggregationRule, s.AggregationRule) && (o.AggregationRule != nil || SameRules(o.Rules, s.Rules))
		})
	case *rbacv1.ClusterRoleBinding:
		return slices.ContainsFunc(standing().ClusterRoleBindings, func(s *rbacv1.ClusterRoleBinding) bool {
			return isNamed(o, s) && same(o.RoleRef, s.RoleRef) && same(o.Subjects, s.Subjects)
		})
	case *rbacv1.Role:
		return slices.ContainsFunc(standing().Roles, func(s *rbacv1.Role) bool { return isNamed(o, s) && SameRules(o.Rules, s.Rules) })
	case *rbacv1.RoleBinding:
		return slices.ContainsFunc(standing().RoleBindings, func(s *rbacv1.RoleBinding) bool {
			return isNamed(o, s) && same(o.RoleRef, s.RoleRef) && same(o.Subjects, s.Subjects)
		})
	}
	return false
}

// isNamed reports whether an object has the name, labels and annotations of another.
func isNamed(o, as metav1.Object) bool {
	return o.GetNamespace() == as.GetNamespace() && o.GetName() == as.GetName() && maps.Equal(o.GetLabels(), as.GetLabels()) &&
		maps.Equal(o.GetAnnotations(), as.GetAnnotations())
}

// Bootstrap returns the roles and bindings that every cluster begins with, but for those of its own controllers. They have no uid and no
// time yet.
func Bootstrap() Objects {
	objects := Objects{ClusterRoleBindings: clusterRoleBindings()}
	for _, role := range clusterRoles() {
		objects.ClusterRoles = append(objects.ClusterRoles, role.object())
	}
	gather(objects.ClusterRoles)
	const reader = "extension-apiserver-authentication-reader"
	objects.Roles = []*rbacv1.Role{{
		ObjectMeta: bootstrapped(metav1.NamespaceSystem, reader),
		Rules:      []rbacv1.PolicyRule{on(core, "configmaps", read, "extension-apiserver-authentication")},
	}}
	objects.RoleBindings = []*rbacv1.RoleBinding{{
		ObjectMeta: bootstrapped(metav1.NamespaceSystem, "system::"+reader),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kindRole, Name: reader},
		Subjects:   []rbacv1.Subject{userNamed(user.KubeControllerManager), userNamed(user.KubeScheduler)},
	}}
	return objects
}

// gather gives the roles that gather others' rules those rules. A role may gather from one that gathers itself, and has a name before its.
func gather(roles []*rbacv1.ClusterRole) {
	for changed := true; changed; {
		changed = false
		for _, role := range slices.Backward(roles) {
			if role.AggregationRule == nil {
				continue
			}
			rules, err := Aggregate(role, roles)
			if err != nil {
				panic(err) // the selectors are labels
			}
			if !SameRules(rules, role.Rules) {
				role.Rules, changed = rules, true
			}
		}
	}
}

func clusterRoleBindings() []*rbacv1.ClusterRoleBinding {
	bind := func(role string, subjects ...rbacv1.Subject) *rbacv1.ClusterRoleBinding {
		return &rbacv1.ClusterRoleBinding{
			ObjectMeta: bootstrapped("", role), Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kindClusterRole, Name: role},
		}
	}
	return []*rbacv1.ClusterRoleBinding{
		bind("cluster-admin", groupNamed(user.SystemPrivilegedGroup)),
		bind("system:basic-user", groupNamed(user.AllAuthenticated)),
		bind("system:cluster-trust-bundle-discovery", groupNamed(serviceaccount.AllServiceAccountsGroup)),
		bind("system:discovery", groupNamed(user.AllAuthenticated)),
		bind("system:kube-controller-manager", userNamed(user.KubeControllerManager)),
		bind("system:kube-dns", rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: "kube-dns", Namespace: metav1.NamespaceSystem}),
		bind("system:kube-scheduler", userNamed(user.KubeScheduler)),
		bind("system:monitoring", groupNamed(user.MonitoringGroup)),
		bind("system:node"),
		bind("system:node-proxier", userNamed(user.KubeProxy)),
		bind("system:public-info-viewer", groupNamed(user.AllAuthenticated), groupNamed(user.AllUnauthenticated)),
		bind("system:service-account-issuer-discovery", groupNamed(serviceaccount.AllServiceAccountsGroup)),
		bind("system:volume-scheduler", userNamed(user.KubeScheduler)),
	}
}

func userNamed(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

func groupNamed(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}

func bootstrapped(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name,
		Labels:      map[string]string{labelBootstrapping: bootstrapping},
		Annotations: map[string]string{rbacv1.AutoUpdateAnnotationKey: "true"},
	}
}

// clusterRole is one as the table of them has it.
type clusterRole struct {
	name string
	// partOf names the role that gathers its rules; gathers says that it gathers rules itself.
	partOf  string
	gathers bool
	rules   []rbacv1.PolicyRule
}

// aggregateTo begins the labels by which roles are gathered.
const aggregateTo = "rbac.authorization.k8s.io/aggregate-to-"

func (r clusterRole) object() *rbacv1.ClusterRole {
	role := &rbacv1.ClusterRole{ObjectMeta: bootstrapped("", r.name), Rules: r.rules}
	if r.partOf != "" {
		role.Labels[aggregateTo+r.partOf] = "true"
	}
	if r.gathers {
		role.AggregationRule = &rbacv1.AggregationRule{
			ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{aggregateTo + r.name: "true"}}},
		}
	}
	return role
}

// Words of the table: verbs, and the groups that have no name or a core among others.
const (
	read          = "get list watch"
	write         = "create delete deletecollection patch update"
	readWrite     = "create delete deletecollection get list patch update watch"
	core          = "core"
	coreAndEvents = "core events.k8s.io"
)

// on is a rule about resources; words stand with spaces between, as the resources of the groups, and the verbs.
func on(groups, resources, verbs string, names ...string) rbacv1.PolicyRule {
	rule := rbacv1.PolicyRule{
		Verbs: strings.Fields(verbs), APIGroups: strings.Fields(groups), Resources: strings.Fields(resources), ResourceNames: names,
	}
	for i, group := range rule.APIGroups {
		if group == core {
			rule.APIGroups[i] = corev1.GroupName
		}
	}
	return rule
}

// urls is a rule about what is no resource.
func urls(verbs, paths string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Fields(verbs), NonResourceURLs: strings.Fields(paths)}
}
