package kubeapi

import (
	"net/http"
	goruntime "runtime"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
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
				{name: "status", kind: "Pod", verbs: part},
			}},
		{plural: "secrets", singular: "secret", kind: "Secret", namespaced: true, verbs: all},
	}
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
			{Version: "v1", Resources: aggregatedResources(), Freshness: apidiscovery.DiscoveryFreshnessCurrent},
		}}))
	api.add(http.MethodGet, "/apis", aggregated(
		&metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}, Groups: []metav1.APIGroup{}}))
	api.add(http.MethodGet, "/api/v1", fixed(&metav1.APIResourceList{
		TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: "v1", APIResources: listedResources(),
	}))
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

func aggregatedResources() []apidiscovery.APIResourceDiscovery {
	var list []apidiscovery.APIResourceDiscovery
	for _, r := range resources() {
		scope := apidiscovery.ScopeCluster
		if r.namespaced {
			scope = apidiscovery.ScopeNamespace
		}
		described := apidiscovery.APIResourceDiscovery{
			Resource: r.plural, SingularResource: r.singular, ResponseKind: responseKind(r.kind), Scope: scope,
			Verbs: r.verbs, ShortNames: r.shortNames, Categories: r.categories,
		}
		for _, sub := range r.subresources {
			described.Subresources = append(described.Subresources, apidiscovery.APISubresourceDiscovery{
				Subresource: sub.name, ResponseKind: responseKind(sub.kind), Verbs: sub.verbs,
			})
		}
		list = append(list, described)
	}
	return list
}

func responseKind(kind string) *metav1.GroupVersionKind {
	return &metav1.GroupVersionKind{Version: corev1.SchemeGroupVersion.Version, Kind: kind}
}

func listedResources() []metav1.APIResource {
	var list []metav1.APIResource
	for _, r := range resources() {
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
