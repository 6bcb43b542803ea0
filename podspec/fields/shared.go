package fields

import (
	"iter"
	"strings"
)

// Shared is a struct that a pod has in several places. The table describes its fields once.
type Shared struct {
	// Name is what the table calls it.
	Name string
	// Paths are where it is; they may begin with the Name of an earlier one.
	Paths []string
}

// SharedStructs are all of them. A field that differs in one of the places has an entry of its own for that place.
func SharedStructs() []Shared { return sharedStructs }

var sharedStructs = []Shared{
	{"probe", []string{"containers.livenessProbe", "containers.readinessProbe", "containers.startupProbe"}},
	{"hook", []string{"containers.lifecycle.postStart", "containers.lifecycle.preStop"}},
	{"httpGet", []string{"probe.httpGet", "hook.httpGet"}},
	{"keyRef", []string{"containers.env.valueFrom.configMapKeyRef", "containers.env.valueFrom.secretKeyRef"}},
	{"allKeysRef", []string{"containers.envFrom.configMapRef", "containers.envFrom.secretRef"}},
	{"securityContext", []string{"containers.securityContext"}},
	{"fileFieldRef", []string{"volumes.downwardAPI.items.fieldRef", "volumes.projected.sources.downwardAPI.items.fieldRef"}},
	{"fileResourceFieldRef", []string{"volumes.downwardAPI.items.resourceFieldRef", "volumes.projected.sources.downwardAPI.items.resourceFieldRef"}},
	{"files", []string{
		"volumes.configMap", "volumes.secret", "volumes.downwardAPI", "volumes.projected",
		"volumes.projected.sources.configMap", "volumes.projected.sources.secret", "volumes.projected.sources.downwardAPI",
		"volumes.projected.sources.serviceAccountToken", "volumes.projected.sources.clusterTrustBundle", "volumes.projected.sources.podCertificate",
	}},
}

// namesOf yields a pattern, and then, from the nearest on, the names under which the table may describe it together with others.
func namesOf(pattern string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name, more := pattern, true; more && yield(name); {
			name, more = sharedName(name)
		}
	}
}

// sharedName replaces the longest path of a shared struct that a pattern begins with.
func sharedName(pattern string) (name string, found bool) {
	longest := 0
	for _, s := range sharedStructs {
		for _, path := range s.Paths {
			if rest, below := strings.CutPrefix(pattern, path+"."); below && len(path) > longest {
				name, found, longest = s.Name+"."+rest, true, len(path)
			}
		}
	}
	return name, found
}
