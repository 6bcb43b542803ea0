package plan

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/podspec/spectest"
)

// What a pod requests of the node is the most that it takes at any time of its life (S13.30).
func TestWhetherTheNodeHasWhatAPodAsksFor(t *testing.T) {
	one := func(role, name, cpu string) string {
		return "{name: " + name + role + ", image: i, resources: {requests: {cpu: " + cpu + "}}}"
	}
	const sidecar, regular = ", restartPolicy: Always", ""
	allocatable := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100"), corev1.ResourceMemory: resource.MustParse("1Gi")}
	const most = "Node didn't have enough resource: cpu, requested: "
	for _, c := range []struct{ name, spec, before, others, want string }{
		{"mains together", "containers: [" + one("", "a", "60") + ", " + one("", "b", "50") + "]", "", "", most + "110000, used: 0, capacity: 100000"},
		{"what is just there", "containers: [" + one("", "a", "60") + ", " + one("", "b", "40") + "]", "", "", ""},
		{"beside others", "containers: [" + one("", "a", "60") + "]", "", "41", most + "60000, used: 41000, capacity: 100000"},
		{"sidecars beside mains", "initContainers: [" + one(sidecar, "s", "50") + "], containers: [" + one("", "a", "60") + "]", "", "", most + "110000, used: 0, capacity: 100000"},
		{"inits before mains, not beside them", "initContainers: [" + one(regular, "i", "90") + ", " + one(regular, "j", "80") + "], containers: [" + one("", "a", "60") + "]", "", "", ""},
		{"an init that takes more than the mains", "initContainers: [" + one(regular, "i", "101") + "], containers: [" + one("", "a", "60") + "]", "", "", most + "101000, used: 0, capacity: 100000"},
		{"an init beside the sidecars before it", "initContainers: [" + one(sidecar, "s", "50") + ", " + one(regular, "i", "60") + "], containers: [" + one("", "a", "1") + "]", "", "",
			most + "110000, used: 0, capacity: 100000"},
		{"an init before the sidecars after it", "initContainers: [" + one(regular, "i", "60") + ", " + one(sidecar, "s", "50") + "], containers: [" + one("", "a", "1") + "]", "", "", ""},
		{"the pod's own request in place of them", "resources: {requests: {cpu: 90}}, containers: [" + one("", "a", "120") + "]", "", "", ""},
		{"an overhead too", "overhead: {cpu: 50}, containers: [" + one("", "a", "60") + "]", "", "", most + "110000, used: 0, capacity: 100000"},
		{"less than before, where others have taken the room", "containers: [" + one("", "a", "60") + "]", "containers: [" + one("", "a", "61") + "]", "90", ""},
		{"memory", "containers: [{name: a, image: i, resources: {requests: {memory: 2Gi}}}]", "", "",
			"Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var others []*corev1.Pod
			if c.others != "" {
				others = append(others, spectest.Pod(t, "{containers: ["+one("", "o", c.others)+"]}"))
			}
			if got := Unfit(spectest.Pod(t, "{"+c.spec+"}"), spectest.Pod(t, "{"+c.before+"}"), others, allocatable); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
