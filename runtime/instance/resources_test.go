package instance

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestCgroupValues(t *testing.T) {
	type values struct{ shares, quota, period, memory, swap int64 }
	for _, row := range []struct {
		name             string
		requests, limits corev1.ResourceList
		want             values
	}{
		{"nothing asked for: the least weight, no limits (S13.10, S13.11, S13.13)", nil, nil, values{shares: 2}},
		{"a request of 100m (S13.10)", quantities("100m", ""), nil, values{shares: 102}},
		{"a request of 1m has the least weight (S13.10)", quantities("1m", ""), nil, values{shares: 2}},
		{"a huge request has the greatest weight (S13.10)", quantities("1000", ""), nil, values{shares: 262144}},
		{"a limit of 500m without a request (S13.10, S13.11)", nil, quantities("500m", ""), values{shares: 512, quota: 50000, period: 100000}},
		{"a limit of one processor (S13.11)", quantities("1", ""), quantities("1", ""), values{shares: 1024, quota: 100000, period: 100000}},
		{"a limit of 5m is raised to the least quota (S13.11)", nil, quantities("5m", ""), values{shares: 5, quota: 1000, period: 100000}},
		{"a limit of 0 is none (S13.11)", quantities("0", ""), quantities("0", "0"), values{shares: 2}},
		{"memory is limited without swap (S13.13, S13.14)", nil, quantities("", "64Mi"), values{shares: 2, memory: 64 << 20, swap: 64 << 20}},
		{"a memory request alone limits nothing (S13.13)", quantities("", "64Mi"), nil, values{shares: 2}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
				c.Resources.Requests, c.Resources.Limits = row.requests, row.limits
			}).Resources
			if got := (values{r.CPUShares, r.CPUQuota, r.CPUPeriod, r.Memory, r.MemorySwap}); got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
			if r.PidsLimit != nil {
				t.Errorf("processes are limited to %d (S13.18)", *r.PidsLimit)
			}
		})
	}
}

func TestOOMScoreAdjustment(t *testing.T) {
	memory := func(request string) func(*corev1.Pod, *corev1.Container) {
		return func(_ *corev1.Pod, c *corev1.Container) { c.Resources.Requests = quantities("", request) }
	}
	for _, row := range []struct {
		name   string
		change func(*corev1.Pod, *corev1.Container)
		want   int
	}{
		{"best effort (S13.25)", nil, 1000},
		{"burstable with half of the node's memory (S13.25)", memory("4Gi"), 500},
		{"burstable without a memory request (S13.25)",
			func(_ *corev1.Pod, c *corev1.Container) { c.Resources.Requests = quantities("1", "") }, 999},
		{"burstable with all of the node's memory (S13.25)", memory("8Gi"), 3},
		{"critical for the node (S13.25)", func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.PriorityClassName = "system-node-critical" }, 0},
		{"guaranteed gets the least that an engine grants without further rights (S13.25)",
			func(_ *corev1.Pod, c *corev1.Container) {
				c.Resources.Requests, c.Resources.Limits = quantities("1", "1Gi"), quantities("1", "1Gi")
			}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := hostOf(t, row.change).OomScoreAdj; got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

func TestWhereTheEngineMayItLowersTheOOMScore(t *testing.T) { // (S13.25)
	for name, change := range map[string]func(*corev1.Pod, *corev1.Container){
		"a guaranteed pod": func(_ *corev1.Pod, c *corev1.Container) {
			c.Resources.Requests, c.Resources.Limits = quantities("1", "1Gi"), quantities("1", "1Gi")
		},
		"a pod that is critical for the node": func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.PriorityClassName = "system-node-critical" },
	} {
		in := inputOf(change)
		in.LowersOOMScore = true
		if _, host := configOf(t, in); host.OomScoreAdj != -997 {
			t.Errorf("%s has %d", name, host.OomScoreAdj)
		}
	}
}

func TestAContainerWithoutALimitHasThatOfThePod(t *testing.T) {
	host := hostOf(t, func(pod *corev1.Pod, c *corev1.Container) {
		c.Resources.Limits = quantities("", "64Mi")
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: quantities("1", "1Gi"), Limits: quantities("2", "2Gi")}
	})
	if host.CPUQuota != 200000 || host.CPUShares != 2048 {
		t.Errorf("quota %d and shares %d, not those of the pod's limit of 2 processors (S13.11)", host.CPUQuota, host.CPUShares)
	}
	if host.Memory != 64<<20 {
		t.Errorf("%d bytes instead of the container's own limit (S13.13)", host.Memory)
	}
}

func TestWhatThePodRequestsBeyondItsContainersIsSharedOut(t *testing.T) {
	host := hostOf(t, func(pod *corev1.Pod, c *corev1.Container) {
		c.Resources.Requests = quantities("", "2Gi")
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: quantities("", "6Gi")}
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "other"})
	})
	if host.OomScoreAdj != 500 { // 2Gi and half of the other 4Gi, of 8Gi
		t.Errorf("got %d, want 500 (S13.26)", host.OomScoreAdj)
	}
}

func TestASidecarIsNotKilledBeforeTheMainsForWantOfMemory(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	in := inputOf(func(pod *corev1.Pod, c *corev1.Container) {
		c.Resources.Requests = quantities("", "4Gi")
		other := corev1.Container{Name: "other"}
		other.Resources.Requests = quantities("", "6Gi")
		pod.Spec.Containers = append(pod.Spec.Containers, other)
		pod.Spec.InitContainers = []corev1.Container{{Name: "s", RestartPolicy: &always}}
	})
	in.Container = &in.Pod.Spec.InitContainers[0]
	for request, want := range map[string]int{"": 500, "6Gi": 250} {
		in.Container.Resources.Requests = quantities("", request)
		if _, host := configOf(t, in); host.OomScoreAdj != want {
			t.Errorf("with a request of %q it has %d, want the lesser of its own and that of the main with the least request, %d (S13.25)", request, host.OomScoreAdj, want)
		}
	}
}
