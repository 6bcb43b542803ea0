package kubeapi

import (
	"net/http"
	goruntime "runtime"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// aggregatedDiscovery is the media type that asks for all resources of all groups in one answer.
const aggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// served is one resource as discovery describes it.
type served struct {
	plural, singular, kind string
	namespaced             bool
	verbs                  []string
	shortNames, categories []string
	subresources           []subresource
}

type subresource struct {
	name, kind string
	verbs      []string
}

// resources is everything below /api/v1, in the order of discovery.
func resources() []served {
	readonly := []string{"get", "list", "watch"}
	all := []string{"create", "delete", "get", "list", "patch", "update", "watch"}
	part := []string{"get", "patch", "update"}
	return []served{
		{plural: "configmaps", singular: "configmap", kind: "ConfigMap", namespaced: true, verbs: all, shortNames: []string{"cm"}},
		{plural: "events", singular: "event", kind: "Event", namespaced: true, verbs: readonly, shortNames: []string{"ev"}},
		{plural: "namespaces", singular: "namespace", kind: "Namespace", verbs: []string{"get", "list"}, shortNames: []string{"ns"}},
		{plural: "persistentvolumeclaims", singular: "persistentvolumeclaim", kind: "PersistentVolumeClaim", namespaced: true,
			verbs: all, shortNames: []string{"pvc"}},
		{plural: "pods", singular: "pod", kind: "Pod", namespaced: true, verbs: all,
			shortNames: []string{"po"}, categories: []string{"all"}, subresources: []subresource{
				{name: "ephemeralcontainers", kind: "Pod", verbs: part},
				{name: "exec", kind: "PodExecOptions", verbs: []string{"create", "get"}},
				{name: "log", kind: "Pod", verbs: []string{"get"}},
				{name: "resize", kind: "Pod", verbs: part},
				{name: "status", kind: "Pod", verbs: part},
			}},
		{plural: "secrets", singular: "secret", kind: "Secret", namespaced: true, verbs: all},
		{plural: "services", singular: "service", kind: "Service", namespaced: true, verbs: all,
			shortNames: []string{"svc"}, categories: []string{"all"}},
	}
}

// servedGroup is what is served of one version of an API group beside the core's.
type servedGroup struct {
	version   schema.GroupVersion
	resources []served
}

// groups are all of them.
func groups() []servedGroup {
	return []servedGroup{{certificatesv1.SchemeGroupVersion, certificateResources()}, {metrics.SchemeGroupVersion, metricsResources()}}
}

// listed is the group in the older form of discovery.
func (g servedGroup) listed() metav1.APIGroup {
	version := metav1.GroupVersionForDiscovery{GroupVersion: g.version.String(), Version: g.version.Version}
	return metav1.APIGroup{Name: g.version.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}
}

// aggregated is the group in the newer form.
func (g servedGroup) aggregated() apidiscovery.APIGroupDiscovery {
	return apidiscovery.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: g.version.Group}, Versions: []apidiscovery.APIVersionDiscovery{{
		Version: g.version.Version, Resources: aggregatedResources(g.version, g.resources), Freshness: apidiscovery.DiscoveryFreshnessCurrent,
	}}}
}

func (api routes) addDiscovery() {
	api.add(http.MethodGet, "/version", fixed(serverVersion()))
	api.add(http.MethodGet, "/api", aggregated(
		&metav1.APIVersions{
			TypeMeta:                   metav1.TypeMeta{Kind: "APIVersions"},
			Versions:                   []string{"v1"},
			ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{},
		},
		apidiscovery.APIGroupDiscovery{Versions: []apidiscovery.APIVersionDiscovery{
			{Version: "v1", Resources: aggregatedResources(corev1.SchemeGroupVersion, resources()), Freshness: apidiscovery.DiscoveryFreshnessCurrent},
		}}))
	list := &metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	var all []apidiscovery.APIGroupDiscovery
	for _, g := range groups() {
		list.Groups, all = append(list.Groups, g.listed()), append(all, g.aggregated())
		alone := g.listed()
		alone.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
		api.add(http.MethodGet, "/apis/"+g.version.Group, fixed(&alone))
		api.add(http.MethodGet, versionPath(g.version), fixed(listOf(g.version, g.resources)))
	}
	api.add(http.MethodGet, "/apis", aggregated(list, all...))
	api.add(http.MethodGet, "/api/v1", fixed(listOf(corev1.SchemeGroupVersion, resources())))
}

// listOf is what there is of a group in the older form of discovery.
func listOf(version schema.GroupVersion, list []served) *metav1.APIResourceList {
	return &metav1.APIResourceList{
		TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: version.String(), APIResources: listedResources(list),
	}
}

// fixed always answers with the same object.
func fixed(object any) action {
	return func(w http.ResponseWriter, _ *http.Request) error { return writeJSON(w, http.StatusOK, object) }
}

// aggregated answers with the groups to clients that ask for aggregated discovery, and with plain to all others.
func aggregated(plain any, groups ...apidiscovery.APIGroupDiscovery) action {
	list := &apidiscovery.APIGroupDiscoveryList{
		TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"},
		Items:    append([]apidiscovery.APIGroupDiscovery{}, groups...),
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Vary", "Accept")
		for _, media := range accepted(r) {
			if media.mediaType == runtime.ContentTypeJSON && media.is("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList") {
				return writeAs(w, http.StatusOK, aggregatedDiscovery, list)
			}
		}
		return writeJSON(w, http.StatusOK, plain)
	}
}

func aggregatedResources(version schema.GroupVersion, all []served) []apidiscovery.APIResourceDiscovery {
	var list []apidiscovery.APIResourceDiscovery
	for _, r := range all {
		scope := apidiscovery.ScopeCluster
		if r.namespaced {
			scope = apidiscovery.ScopeNamespace
		}
		described := apidiscovery.APIResourceDiscovery{
			Resource: r.plural, SingularResource: r.singular, ResponseKind: responseKind(version, r.kind), Scope: scope,
			Verbs: r.verbs, ShortNames: r.shortNames, Categories: r.categories,
		}
		for _, sub := range r.subresources {
			described.Subresources = append(described.Subresources, apidiscovery.APISubresourceDiscovery{
				Subresource: sub.name, ResponseKind: responseKind(version, sub.kind), Verbs: sub.verbs,
			})
		}
		list = append(list, described)
	}
	return list
}

func responseKind(version schema.GroupVersion, kind string) *metav1.GroupVersionKind {
	return &metav1.GroupVersionKind{Group: version.Group, Version: version.Version, Kind: kind}
}

func listedResources(all []served) []metav1.APIResource {
	var list []metav1.APIResource
	for _, r := range all {
		list = append(list, metav1.APIResource{
			Name: r.plural, SingularName: r.singular, Kind: r.kind, Namespaced: r.namespaced,
			Verbs: r.verbs, ShortNames: r.shortNames, Categories: r.categories,
		})
		for _, sub := range r.subresources {
			list = append(list, metav1.APIResource{
				Name: r.plural + "/" + sub.name, Kind: sub.kind, Namespaced: r.namespaced, Verbs: sub.verbs,
			})
		}
	}
	return list
}

// serverVersion is the Kubernetes release whose behaviour podsim shows.
func serverVersion() *version.Info {
	return &version.Info{
		Major: "1", Minor: "37", GitVersion: "v1.37.2",
		GoVersion: goruntime.Version(), Compiler: goruntime.Compiler, Platform: goruntime.GOOS + "/" + goruntime.GOARCH,
	}
}
