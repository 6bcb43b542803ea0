package kubeapi

import (
	"log/slog"
	"net/http"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/store"

	"k8s.io/utils/clock"
)

// Config is what the API stands on. All fields are needed but the feature gates.
type Config struct {
	Store *store.Store
	Node  Node
	// Clock is the time for creation timestamps and for the ages in tables.
	Clock clock.PassiveClock
	// FeatureGates are those that were set; fields of features that are off are dropped from new pods (S0.9).
	FeatureGates podspec.FeatureGates
	// Log receives panics and nothing else.
	Log *slog.Logger
}

// New returns the handler of the whole API.
func New(config Config) http.Handler {
	api := routes{}
	api.addDiscovery()
	api.addOpenAPI()

	pods := pods(config)
	api.addPaths(pods.paths())
	api.addPaths(pods.part("ephemeralcontainers", ephemeralContainers(config)))
	api.addPaths(pods.part("resize", resize(config)))
	api.addPaths(podMetrics(pods, config.Node))
	api.addPaths(pods.part("status", foreignConditions(config)))
	api.add(http.MethodGet, pods.itemPath()+"/log", logs(config))
	api.add(http.MethodGet, pods.itemPath()+"/exec", exec(config))
	api.add(http.MethodPost, pods.itemPath()+"/exec", exec(config))

	api.addPaths(configMaps(config).paths())
	api.addPaths(secrets(config).paths())
	api.addPaths(claims(config).paths())
	api.addPaths(services(config).paths())
	api.addPaths(trustBundles(config).paths())
	api.addPaths(events(config).paths())
	api.addPaths(namespaces(config).paths())
	return withoutPanics(api.handler(), config.Log)
}
