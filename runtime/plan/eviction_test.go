package plan

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func diskLimit(amount string) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceEphemeralStorage: resource.MustParse(amount)}}
}

func emptyDir(name, medium, limit string) corev1.Volume {
	e := &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMedium(medium)}
	if limit != "" {
		size := resource.MustParse(limit)
		e.SizeLimit = &size
	}
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: e}}
}

func TestAPodThatTakesTooMuchOfTheDiskIsEvicted(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	const mi = 1 << 20
	for _, row := range []struct {
		name string
		spec corev1.PodSpec
		use  DiskUse
		want string
	}{
		{"a volume at its limit (S8.50)", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("v", "", "10Mi")}},
			DiskUse{Volumes: map[string]int64{"v": 10 * mi}}, ""},
		{"a volume over its limit (S8.50)", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("u", "", ""), emptyDir("v", "", "10Mi")}},
			DiskUse{Volumes: map[string]int64{"u": 99 * mi, "v": 10*mi + 1}}, `Usage of EmptyDir volume "v" exceeds the limit "10Mi". `},
		{"a volume of a critical pod over its limit", corev1.PodSpec{PriorityClassName: "system-cluster-critical", Volumes: []corev1.Volume{emptyDir("v", "", "10Mi")}},
			DiskUse{Volumes: map[string]int64{"v": 11 * mi}}, ""},
		{"a volume with a limit of 0, which is none (S8.50)", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("v", "", "0")}},
			DiskUse{Volumes: map[string]int64{"v": mi}}, ""},
		{"a container over its limit (S8.50)", corev1.PodSpec{Containers: []corev1.Container{
			{Name: "a", Resources: diskLimit("1Gi")}, {Name: "b", Resources: diskLimit("2Mi")}}},
			DiskUse{Containers: map[string]int64{"a": mi, "b": 3 * mi}}, `Container b exceeded its local ephemeral storage limit "2Mi". `},
		{"a sidecar over its limit (S8.50)", corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "s", RestartPolicy: &always, Resources: diskLimit("2Mi")}},
			Containers:     []corev1.Container{{Name: "a", Resources: diskLimit("1Gi")}}},
			DiskUse{Containers: map[string]int64{"s": 3 * mi}}, `Container s exceeded its local ephemeral storage limit "2Mi". `},
		{"a regular init over its limit, which counts for the pod alone (S8.50)", corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "i", Resources: diskLimit("2Mi")}},
			Containers:     []corev1.Container{{Name: "a", Resources: diskLimit("4Mi")}}},
			DiskUse{Containers: map[string]int64{"i": 3 * mi}}, ""},
		{"all of the pod over the limits of its containers (S8.50)", corev1.PodSpec{
			Volumes:    []corev1.Volume{emptyDir("v", "", "")},
			Containers: []corev1.Container{{Name: "a", Resources: diskLimit("2Mi")}, {Name: "b", Resources: diskLimit("2Mi")}}},
			DiskUse{Volumes: map[string]int64{"v": 2 * mi}, Containers: map[string]int64{"a": mi, "b": 2 * mi}},
			"Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. "},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Eviction(&corev1.Pod{Spec: row.spec}, row.use); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestOnlyWhatIsLimitedIsMeasured(t *testing.T) {
	for _, row := range []struct {
		name                string
		spec                corev1.PodSpec
		limited, containers bool
	}{
		{"nothing", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("v", "", "")}}, false, false},
		{"a volume in memory, which the kernel limits (S11.11)", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("v", "Memory", "1Mi")}}, false, false},
		{"a volume on disk", corev1.PodSpec{Volumes: []corev1.Volume{emptyDir("v", "", "1Mi")}}, true, false},
		{"an init container", corev1.PodSpec{InitContainers: []corev1.Container{{Resources: diskLimit("1Mi")}}}, true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			limited, containers := LimitsDisk(&corev1.Pod{Spec: row.spec})
			if limited != row.limited || containers != row.containers {
				t.Errorf("got %v, %v", limited, containers)
			}
		})
	}
}
