package kubeapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/emicklei/go-restful/v3"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apidiscovery "k8s.io/api/apidiscovery/v2"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapi "k8s.io/apiserver/pkg/endpoints"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server/healthz"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/kubeapi/definitions"
	"github.com/podsim/podsim/runtime/store"
)

// Config is what the API stands on. All fields are needed but RootCA, RBAC, the feature gates and RequestTime.
type Config struct {
	Store *store.Store
	Node  Node
	// Tokens are those of service accounts.
	Tokens Tokens
	// RootCA is the certificate in PEM by which pods know the API; nil if they are not to reach it.
	RootCA []byte
	// Clock is the time for the ages in tables.
	Clock clock.PassiveClock
	// RBAC reports whether the roles and bindings of the store decide what is allowed; else, and if it is nil, whoever is known may do
	// everything.
	RBAC func() bool
	// RequestTime is how long a request may take that does not last by its nature, and how long a watch may go unread; 0 means what an
	// API server gives.
	RequestTime time.Duration
	// Saved returns when all that was written to the store until now outlives the node, as far as anything does; pods do by other means. It
	// is nil if nothing does.
	Saved func(context.Context) error
	// FeatureGates are those that were set; fields of features that are off are dropped from new pods (S0.9).
	FeatureGates podspec.FeatureGates
	// Log receives panics and nothing else.
	Log *slog.Logger
}

// API is the handler of the whole API.
type API struct {
	http.Handler
	finalizer *finalizer
	rootCA    []byte
}

// Run does what the API promises beyond its answers, until the context ends: it empties namespaces that are being deleted, and sees to it
// that the others have their default account and the certificate by which pods know the API.
func (a *API) Run(ctx context.Context) {
	var working sync.WaitGroup
	working.Go(func() { a.finalizer.run(ctx) })
	working.Go(func() { keepDefaultAccounts(ctx, a.finalizer.store) })
	working.Go(func() { keepAggregated(ctx, a.finalizer.store) })
	if a.rootCA != nil {
		working.Go(func() { keepRootCA(ctx, a.finalizer.store, a.rootCA) })
	}
	working.Wait()
}

// New returns the API.
func New(config Config) *API {
	limitCopies()
	known := allKinds()
	may := newAuthorization(config)
	s := server{kinds: known, authorizer: may, admission: newAdmission(config), converter: newLateConverter(known.Scheme),
		finalizer: &finalizer{store: config.Store, others: map[string]contents{}, log: config.Log}}
	pods := pods(config)
	registry := podRegistry{pods.registry(known, config.Clock), config.Node, config.Store.Pods}
	core := map[string]rest.Storage{
		"pods":                   registry,
		"pods/log":               stream{&corev1.Pod{}, []string{http.MethodGet}, logs(config)},
		"pods/attach":            stream{&corev1.PodAttachOptions{}, []string{http.MethodGet, http.MethodPost}, attach(config)},
		"pods/portforward":       stream{&corev1.PodPortForwardOptions{}, []string{http.MethodGet, http.MethodPost}, portForward(config)},
		"pods/exec":              stream{&corev1.PodExecOptions{}, []string{http.MethodGet, http.MethodPost}, exec(config)},
		"pods/proxy":             podProxy(config),
		"services/proxy":         serviceProxy(config),
		"podtemplates":           podTemplates(config).registry(known, config.Clock),
		"configmaps":             configMaps(config).registry(known, config.Clock),
		"secrets":                secrets(config).registry(known, config.Clock),
		"persistentvolumeclaims": claims(config).registry(known, config.Clock),
		"persistentvolumes":      readOnly{volumes(config).registry(known, config.Clock)},
		"services":               services(config).registry(known, config.Clock),
		"serviceaccounts":        serviceAccounts(config).registry(known, config.Clock),
		"serviceaccounts/token":  tokenRequests{config.Store, config.Tokens},
		"endpoints":              readOnly{endpoints(config).registry(known, config.Clock)},
		"events":                 events(config, corev1.SchemeGroupVersion).registry(known, config.Clock),
	}
	for name, part := range registry.parts(pods, config) {
		core["pods/"+name] = part
	}
	nodes := nodes(config)
	nodeRegistry := nodes.registry(known, config.Clock)
	core["nodes"] = nodeRegistry
	core["nodes/status"] = statusOf(nodeRegistry, nodes, func(newer, older *corev1.Node) { newer.Spec = older.Spec }, validation.ValidateNodeMetadataUpdate)
	namespaces := namespaces(config)
	namespaceRegistry := newNamespaceRegistry(namespaces, config, known)
	core["namespaces"] = namespaceRegistry
	for name, part := range namespaceRegistry.parts(namespaces) {
		core["namespaces/"+name] = part
	}
	s.add("/api", corev1.SchemeGroupVersion, core)
	s.installWorkloads(config)
	s.add("/apis", authenticationv1.SchemeGroupVersion, authenticationReviews(config.Tokens))
	s.add("/apis", authorizationv1.SchemeGroupVersion, authorizationReviews(may))
	s.add("/apis", certificatesv1.SchemeGroupVersion, map[string]rest.Storage{
		"clustertrustbundles": trustBundles(config).registry(known, config.Clock),
	})
	s.add("/apis", coordinationv1.SchemeGroupVersion, map[string]rest.Storage{"leases": leases(config).registry(known, config.Clock)})
	s.add("/apis", discoveryv1.SchemeGroupVersion, map[string]rest.Storage{
		"endpointslices": readOnly{endpointSlices(config).registry(known, config.Clock)},
	})
	s.add("/apis", eventsv1.SchemeGroupVersion, map[string]rest.Storage{
		"events": events(config, eventsv1.SchemeGroupVersion).registry(known, config.Clock),
	})
	s.add("/apis", rbacv1.SchemeGroupVersion, policies(config, may, known))
	s.add("/apis", metrics.SchemeGroupVersion, map[string]rest.Storage{"pods": newMetricsRegistry(pods, config, known)})
	s.finalizer.pods = registry
	delete(s.finalizer.others, podsResource)
	return &API{withoutPanics(late(func() http.Handler { return s.handler(config) }), config.Log), s.finalizer, config.RootCA}
}

// late is the handler that make makes when the first request comes: to lay out the paths of all resources takes longer than all else that a
// node does before it runs pods.
func late(make func() http.Handler) http.Handler {
	made := sync.OnceValue(make)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) })
}

// newAdmission has a say in what is created.
func newAdmission(config Config) admission.Interface {
	return admission.NewChainHandler(namespaceAdmission{config.Store}, accountAdmission{config.Store, config.RootCA})
}

// limitCopies lets a patch copy as much as a request may bring, as an API server does when it is made; without a limit one of a few
// kilobytes fills the memory.
var limitCopies = sync.OnceFunc(func() { jsonpatch.AccumulatedCopySizeLimit = maxBody })

// requestInfos tell from its path what a request is about.
var requestInfos = &genericapirequest.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}

// server is the API while it is put together.
type server struct {
	kinds kinds
	added []resourceGroup
	// routes lead to the resources of the groups.
	routes *restful.Container
	// core and groups tell of all resources at once.
	core, groups aggregated.ResourceManager
	// converter tells which fields an object has, for server-side apply and for who manages them.
	converter  managedfields.TypeConverter
	authorizer authorizer.Authorizer
	// admission has a say in what is created; finalizer learns what may lie in a namespace.
	admission admission.Interface
	finalizer *finalizer
}

// resourceGroup is a version of a group of resources, by their names in paths, and where these paths begin.
type resourceGroup struct {
	root      string
	version   schema.GroupVersion
	resources map[string]rest.Storage
}

const (
	// maxBody is the size in bytes above which the API server takes no request.
	maxBody = 3 << 20
	// minRequestTimeout is how long a watch lasts at least, and half of how long at most, when the client does not say.
	minRequestTimeout = 30 * time.Minute
)

// add has the resources of a version of a group served.
func (s *server) add(root string, version schema.GroupVersion, resources map[string]rest.Storage) {
	for name, kept := range resources {
		if within, ok := kept.(contents); ok && kept.(rest.Scoper).NamespaceScoped() && !strings.Contains(name, "/") {
			s.finalizer.others[name+"."+version.Group] = within
		}
	}
	s.added = append(s.added, resourceGroup{root, version, resources})
}

// handler serves what was added, and what lies beside it.
func (s *server) handler(config Config) http.Handler {
	s.core, s.groups = aggregated.NewResourceManager("api"), aggregated.NewResourceManager("apis")
	s.routes = restful.NewContainer()
	s.routes.ServeMux = http.NewServeMux()
	s.routes.Router(restful.CurlyRouter{})                                           // which takes paths as the API has them
	s.routes.RecoverHandler(func(cause any, _ http.ResponseWriter) { panic(cause) }) // for withoutPanics
	s.routes.ServiceErrorHandler(func(problem restful.ServiceError, request *restful.Request, response *restful.Response) {
		status := apierrors.NewGenericServerResponse(problem.Code, "", schema.GroupResource{}, "", problem.Message, 0, false)
		responsewriters.ErrorNegotiated(status, s.kinds.codecs, schema.GroupVersion{}, response.ResponseWriter, request.Request)
	})
	for _, g := range s.added {
		s.install(g)
	}
	s.installDiscovery()
	s.installOpenAPI()
	s.routes.ServeMux.HandleFunc("GET /version", serveVersion)
	serveIssuer(s.routes.ServeMux, config.Tokens)
	serveFaults(s.routes.ServeMux, config.Node, s.kinds)
	healthz.InstallHandler(s.routes.ServeMux)
	healthz.InstallLivezHandler(s.routes.ServeMux)
	healthz.InstallReadyzHandler(s.routes.ServeMux)

	handler := withDurability(http.HandlerFunc(s.dispatch), config.Store.Version, config.Saved)
	handler = genericapifilters.WithAuthorization(handler, s.authorizer, s.kinds.codecs)
	handler = impersonation.WithConstrainedImpersonation(handler, s.authorizer, s.kinds.codecs)
	handler = genericapifilters.WithWarningRecorder(handler)
	handler = genericapifilters.WithAuditInit(handler) // there is no audit, but handlers count on its context
	handler = withDeadlines(handler, cmp.Or(config.RequestTime, requestTime), s.kinds.codecs)
	handler = genericapifilters.WithRequestInfo(handler, requestInfos)
	handler = genericapifilters.WithRequestReceivedTimestamp(handler)
	return genericapifilters.WithCacheControl(handler)
}

// install serves the resources of a group.
func (s *server) install(g resourceGroup) {
	api := genericapi.APIGroupVersion{
		Root: g.root, GroupVersion: g.version, Storage: g.resources, OptionsExternalVersion: &corev1.SchemeGroupVersion,
		Serializer: s.kinds.codecs, ParameterCodec: s.kinds.parameters,
		Typer: s.kinds, Creater: s.kinds, Convertor: s.kinds, ConvertabilityChecker: s.kinds, Defaulter: s.kinds,
		UnsafeConvertor: runtime.UnsafeObjectConvertor(s.kinds.Scheme), Namer: runtime.Namer(meta.NewAccessor()), TypeConverter: s.converter,
		Admit:                      s.admission,
		Authorizer:                 s.authorizer,
		EquivalentResourceRegistry: runtime.NewEquivalentResourceRegistry(),
		MinRequestTimeout:          minRequestTimeout, MaxRequestBodyBytes: maxBody,
	}
	described, _, err := api.InstallREST(s.routes)
	if err != nil {
		panic(err) // a resource is not whole
	}
	manager := s.groups
	if g.version.Group == "" {
		manager = s.core
	}
	manager.AddGroupVersion(g.version.Group, apidiscovery.APIVersionDiscovery{
		Freshness: apidiscovery.DiscoveryFreshnessCurrent, Version: g.version.Version, Resources: described,
	})
}

// installDiscovery tells clients what is served, in both forms.
func (s *server) installDiscovery() {
	legacy := discovery.NewLegacyRootAPIHandler(discovery.DefaultAddresses{}, s.kinds.codecs, "/api")
	s.routes.Add(aggregated.WrapAggregatedDiscoveryToHandler(legacy, s.core, nil).GenerateWebService("/api", metav1.APIVersions{}))
	groups := discovery.NewRootAPIsHandler(discovery.DefaultAddresses{}, s.kinds.codecs)
	for _, g := range s.added {
		if g.version.Group == "" {
			continue
		}
		version := metav1.GroupVersionForDiscovery{GroupVersion: g.version.String(), Version: g.version.Version}
		group := metav1.APIGroup{Name: g.version.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}
		groups.AddGroup(group)
		s.routes.Add(discovery.NewAPIGroupHandler(s.kinds.codecs, group).WebService())
	}
	s.routes.Add(aggregated.WrapAggregatedDiscoveryToHandler(groups, s.groups, nil).GenerateWebService("/apis", metav1.APIGroupList{}))
}

// dispatch hands a request to the resources, or to the few paths beside them.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	for _, service := range s.routes.RegisteredWebServices() {
		if root := service.RootPath(); path == root || path == root+"/" || strings.HasPrefix(path, root+"/") && strings.Count(root, "/") > 1 {
			s.routes.Dispatch(w, r)
			return
		}
	}
	s.routes.ServeMux.ServeHTTP(w, r)
}

// lateConverter tells which fields an object has. What it stands on takes some 20 ms to read, so that it is read while the node does other
// things, and only who needs it waits for it.
type lateConverter struct {
	read func() managedfields.TypeConverter
}

func newLateConverter(scheme *runtime.Scheme) lateConverter {
	read := sync.OnceValue(func() managedfields.TypeConverter {
		return managedfields.NewSchemeTypeConverter(scheme, definitions.Parser())
	})
	go read()
	return lateConverter{read}
}

// ObjectToTyped implements managedfields.TypeConverter.
func (c lateConverter) ObjectToTyped(object runtime.Object, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	return c.read().ObjectToTyped(object, options...)
}

// TypedToObject implements managedfields.TypeConverter.
func (c lateConverter) TypedToObject(value *typed.TypedValue) (runtime.Object, error) {
	return c.read().TypedToObject(value)
}
