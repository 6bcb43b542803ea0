package defaults

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

// specOf decodes a spec that is written in one line of YAML.
func specOf(t *testing.T, text string) corev1.PodSpec {
	t.Helper()
	var spec corev1.PodSpec
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// podOf returns a defaulted pod called p with that spec.
func podOf(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{Spec: specOf(t, spec)}
	pod.Name, pod.Namespace = "p", "default"
	Pod(pod)
	return pod
}

func TestDefaultsOfAPodSpec(t *testing.T) { // (S1.2)
	c := "containers: [{name: a, image: 'i:1', %}]"
	container := func(fields string) string { return "{" + strings.Replace(c, "%", fields, 1) + "}" }
	cases := []struct {
		name, spec string
		of         func(*corev1.PodSpec) any
		want       any
	}{
		{"restartPolicy", "{}", func(s *corev1.PodSpec) any { return s.RestartPolicy }, corev1.RestartPolicyAlways},
		{"dnsPolicy", "{}", func(s *corev1.PodSpec) any { return s.DNSPolicy }, corev1.DNSClusterFirst},
		{"the grace period", "{}", func(s *corev1.PodSpec) any { return *s.TerminationGracePeriodSeconds }, int64(30)},
		{"a negative grace period", "{terminationGracePeriodSeconds: -5}", func(s *corev1.PodSpec) any { return *s.TerminationGracePeriodSeconds }, int64(1)},
		{"a grace period of 0 stays", "{terminationGracePeriodSeconds: 0}", func(s *corev1.PodSpec) any { return *s.TerminationGracePeriodSeconds }, int64(0)},
		{"securityContext", "{}", func(s *corev1.PodSpec) any { return *s.SecurityContext }, corev1.PodSecurityContext{}},
		{"schedulerName", "{}", func(s *corev1.PodSpec) any { return s.SchedulerName }, "default-scheduler"},
		{"enableServiceLinks", "{}", func(s *corev1.PodSpec) any { return *s.EnableServiceLinks }, true},
		{"the service account", "{}", func(s *corev1.PodSpec) any { return []string{s.ServiceAccountName, s.DeprecatedServiceAccount} }, []string{"default", "default"}},
		{"a service account under its new name", "{serviceAccountName: x}", func(s *corev1.PodSpec) any { return []string{s.ServiceAccountName, s.DeprecatedServiceAccount} }, []string{"x", "x"}},
		{"a service account under its old name", "{serviceAccount: x}", func(s *corev1.PodSpec) any { return []string{s.ServiceAccountName, s.DeprecatedServiceAccount} }, []string{"x", "x"}},

		{"the termination message", container(""), func(s *corev1.PodSpec) any {
			return []string{s.Containers[0].TerminationMessagePath, string(s.Containers[0].TerminationMessagePolicy)}
		}, []string{"/dev/termination-log", "File"}},
		{"a port's protocol", container("ports: [{containerPort: 1}]"), func(s *corev1.PodSpec) any { return s.Containers[0].Ports[0] },
			corev1.ContainerPort{ContainerPort: 1, Protocol: "TCP"}},
		{"host ports of mains on the host's network", "{hostNetwork: true, containers: [{ports: [{containerPort: 1}]}]}",
			func(s *corev1.PodSpec) any { return s.Containers[0].Ports[0].HostPort }, int32(1)},
		{"host ports of inits on the host's network", "{hostNetwork: true, initContainers: [{ports: [{containerPort: 1}]}]}",
			func(s *corev1.PodSpec) any { return s.InitContainers[0].Ports[0].HostPort }, int32(1)},
		{"fieldRef.apiVersion", container("env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"),
			func(s *corev1.PodSpec) any { return s.Containers[0].Env[0].ValueFrom.FieldRef.APIVersion }, "v1"},
		{"the numbers of a probe", container("startupProbe: {exec: {command: [x]}}"), func(s *corev1.PodSpec) any {
			p := s.Containers[0].StartupProbe
			return []int32{p.InitialDelaySeconds, p.TimeoutSeconds, p.PeriodSeconds, p.SuccessThreshold, p.FailureThreshold}
		}, []int32{0, 1, 10, 1, 3}},
		{"numbers of a probe that are given", container("startupProbe: {timeoutSeconds: 2, periodSeconds: 3, failureThreshold: 5}"), func(s *corev1.PodSpec) any {
			p := s.Containers[0].StartupProbe
			return []int32{p.TimeoutSeconds, p.PeriodSeconds, p.FailureThreshold}
		}, []int32{2, 3, 5}},
		{"httpGet of a probe", container("readinessProbe: {httpGet: {port: 1}}"), func(s *corev1.PodSpec) any {
			g := s.Containers[0].ReadinessProbe.HTTPGet
			return []string{g.Path, string(g.Scheme)}
		}, []string{"/", "HTTP"}},
		{"httpGet of a hook", container("lifecycle: {preStop: {httpGet: {port: 1}}}"), func(s *corev1.PodSpec) any {
			g := s.Containers[0].Lifecycle.PreStop.HTTPGet
			return []string{g.Path, string(g.Scheme)}
		}, []string{"/", "HTTP"}},
		{"the service of a gRPC probe", container("livenessProbe: {grpc: {port: 1}}"), func(s *corev1.PodSpec) any { return *s.Containers[0].LivenessProbe.GRPC.Service }, ""},

		{"a volume without a source", "{volumes: [{name: v}]}", func(s *corev1.PodSpec) any { return s.Volumes[0].EmptyDir }, &corev1.EmptyDirVolumeSource{}},
		{"the mode of a secret", "{volumes: [{secret: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].Secret.DefaultMode }, int32(0o644)},
		{"the mode of a configMap", "{volumes: [{configMap: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].ConfigMap.DefaultMode }, int32(0o644)},
		{"the mode of a downwardAPI", "{volumes: [{downwardAPI: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].DownwardAPI.DefaultMode }, int32(0o644)},
		{"the mode of a projected", "{volumes: [{projected: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].Projected.DefaultMode }, int32(0o644)},
		{"a projected token", "{volumes: [{projected: {sources: [{serviceAccountToken: {path: t}}]}}]}",
			func(s *corev1.PodSpec) any {
				return *s.Volumes[0].Projected.Sources[0].ServiceAccountToken.ExpirationSeconds
			}, int64(3600)},
		{"a field of a downwardAPI", "{volumes: [{downwardAPI: {items: [{fieldRef: {}}]}}]}",
			func(s *corev1.PodSpec) any { return s.Volumes[0].DownwardAPI.Items[0].FieldRef.APIVersion }, "v1"},
		{"a field of a projected downwardAPI", "{volumes: [{projected: {sources: [{downwardAPI: {items: [{fieldRef: {}}]}}]}}]}",
			func(s *corev1.PodSpec) any {
				return s.Volumes[0].Projected.Sources[0].DownwardAPI.Items[0].FieldRef.APIVersion
			}, "v1"},
		{"the type of a hostPath", "{volumes: [{hostPath: {path: /x}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].HostPath.Type }, corev1.HostPathUnset},
		{"the pull policy of an image volume", "{volumes: [{image: {reference: x}}]}", func(s *corev1.PodSpec) any { return s.Volumes[0].Image.PullPolicy }, corev1.PullAlways},
		{"iscsi", "{volumes: [{iscsi: {}}]}", func(s *corev1.PodSpec) any { return s.Volumes[0].ISCSI.ISCSIInterface }, "default"},
		{"rbd", "{volumes: [{rbd: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].RBD },
			corev1.RBDVolumeSource{RBDPool: "rbd", RadosUser: "admin", Keyring: "/etc/ceph/keyring"}},
		{"scaleIO", "{volumes: [{scaleIO: {}}]}", func(s *corev1.PodSpec) any { return *s.Volumes[0].ScaleIO },
			corev1.ScaleIOVolumeSource{StorageMode: "ThinProvisioned", FSType: "xfs"}},
		{"azureDisk", "{volumes: [{azureDisk: {}}]}", func(s *corev1.PodSpec) any {
			d := s.Volumes[0].AzureDisk
			return []any{*d.CachingMode, *d.FSType, *d.ReadOnly, *d.Kind}
		}, []any{corev1.AzureDataDiskCachingReadWrite, "ext4", false, corev1.AzureSharedBlobDisk}},
		{"the mode of an ephemeral claim", "{volumes: [{ephemeral: {volumeClaimTemplate: {spec: {}}}}]}",
			func(s *corev1.PodSpec) any { return *s.Volumes[0].Ephemeral.VolumeClaimTemplate.Spec.VolumeMode }, corev1.PersistentVolumeFilesystem},
		{"an ephemeral container", "{ephemeralContainers: [{name: e, image: x}]}", func(s *corev1.PodSpec) any { return s.EphemeralContainers[0].ImagePullPolicy }, corev1.PullAlways},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := podOf(t, c.spec)
			if diff := cmp.Diff(c.want, c.of(&pod.Spec)); diff != "" {
				t.Error(diff)
			}
			again := pod.DeepCopy()
			Pod(again)
			if diff := cmp.Diff(pod, again); diff != "" {
				t.Errorf("defaulting again changes it:\n%s", diff)
			}
		})
	}
}

func TestDefaultsOfResources(t *testing.T) { // (S1.2)
	const none = ""
	cases := []struct{ name, resources, podResources, want, wantPod string }{
		{"requests come from limits", "{limits: {cpu: 1, memory: 2Gi}}", none, "cpu 1, memory 2Gi", none},
		{"a request that is given stays", "{limits: {cpu: 1, memory: 2Gi}, requests: {cpu: 500m}}", none, "cpu 500m, memory 2Gi", none},
		{"requests alone get no limits", "{requests: {cpu: 1}}", none, "cpu 1", none},
		{"extended resources too", "{limits: {a.com/gpu: 1}}", none, "a.com/gpu 1", none},
		{"fractions of a thousandth are rounded up", "{requests: {cpu: 0.0001, memory: 100.0001}}", none, "cpu 1m, memory 100001m", none},
		{"requests of the pod come from its containers", "{requests: {cpu: 200m}}", "{limits: {cpu: 1, memory: 1Gi}}", "cpu 200m", "cpu 200m, memory 1Gi"},
		{"also of a pod without limits", "{requests: {cpu: 200m}}", "{requests: {memory: 1Gi}}", "cpu 200m", "cpu 200m, memory 1Gi"},
		{"but not of a pod that says nothing", "{requests: {cpu: 200m}}", "{}", "cpu 200m", none},
		{"huge pages come by way of the limit", "{limits: {hugepages-2Mi: 2Mi, memory: 1Gi}}", "{limits: {memory: 2Gi}}", "hugepages-2Mi 2Mi, memory 1Gi", "hugepages-2Mi 2Mi, memory 1Gi"},
	}
	list := func(resources corev1.ResourceList) string {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(resources)) {
			quantity := resources[name]
			parts = append(parts, string(name)+" "+quantity.String())
		}
		return strings.Join(parts, ", ")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			spec := "containers: [{name: a, image: i, resources: " + c.resources + "}]"
			if c.podResources != none {
				spec += "\nresources: " + c.podResources
			}
			pod := podOf(t, spec)
			if got := list(pod.Spec.Containers[0].Resources.Requests); got != c.want {
				t.Errorf("container: got %s, want %s", got, c.want)
			}
			if pod.Spec.Resources != nil {
				if got := list(pod.Spec.Resources.Requests); got != c.wantPod {
					t.Errorf("pod: got %s, want %s", got, c.wantPod)
				}
			}
		})
	}
}

func TestLimitsOfAPodComeFromItsContainers(t *testing.T) { // (S1.2)
	cases := []struct{ name, containers, podResources, want string }{
		{"where all have one", "[{resources: {limits: {cpu: 1}}}, {resources: {limits: {cpu: 2}}}]", "{requests: {cpu: 500m}}", "3"},
		{"where one has none", "[{resources: {limits: {cpu: 1}}}, {}]", "{requests: {cpu: 500m}}", "0"},
		{"but are not below its request", "[{resources: {limits: {cpu: 1}}}]", "{requests: {cpu: 2}}", "2"},
		{"where the pod has none", "[{resources: {limits: {cpu: 1}}}]", "{limits: {cpu: 4}}", "4"},
	}
	for _, c := range cases {
		pod := podOf(t, "{containers: "+c.containers+", resources: "+c.podResources+"}")
		if got := pod.Spec.Resources.Limits.Cpu().String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAppArmorAnnotationsBecomeFields(t *testing.T) { // (S1.2.2)
	const unconfined = "{appArmorProfile: {type: Unconfined}}"
	cases := []struct{ name, annotation, pod, container, want string }{
		{"the default", "runtime/default", "{}", "{}", "RuntimeDefault"},
		{"a profile of the machine", "localhost/p", "{}", "{}", "Localhost p"},
		{"a profile with a blank at its end", "localhost/p ", "{}", "{}", ""},
		{"a profile without a name", "localhost/", "{}", "{}", ""},
		{"what the pod says already", "unconfined", unconfined, "{}", ""},
		{"what the container says otherwise", "runtime/default", "{}", unconfined, "Unconfined"},
	}
	for _, c := range cases {
		pod := &corev1.Pod{Spec: specOf(t, "{securityContext: "+c.pod+", containers: [{name: c, securityContext: "+c.container+"}]}")}
		pod.Annotations = map[string]string{"container.apparmor.security.beta.kubernetes.io/c": c.annotation}
		Pod(pod)
		got := ""
		if profile := pod.Spec.Containers[0].SecurityContext.AppArmorProfile; profile != nil {
			got = strings.TrimSpace(string(profile.Type) + " " + ptr.Deref(profile.LocalhostProfile, ""))
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBothFieldsOfAClaimSayWhereItsDataComesFrom(t *testing.T) {
	const volume, snapshot = "{kind: PersistentVolumeClaim, name: x}", "{apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: x}"
	const other, elsewhere = "{apiGroup: a.b, kind: K, name: x}", "{kind: PersistentVolumeClaim, name: x, namespace: other}"
	cases := []struct{ name, given, want string }{
		{"a claim", "{dataSource: " + volume + "}", "{dataSource: " + volume + ", dataSourceRef: " + volume + "}"},
		{"a snapshot", "{dataSource: " + snapshot + "}", "{dataSource: " + snapshot + ", dataSourceRef: " + snapshot + "}"},
		{"something else", "{dataSource: " + other + "}", "{}"},
		{"something else by reference", "{dataSourceRef: " + other + "}", "{dataSource: " + other + ", dataSourceRef: " + other + "}"},
		{"something of another namespace", "{dataSourceRef: " + elsewhere + "}", "{}"},
		{"two claims", "{dataSource: " + volume + ", dataSourceRef: {kind: A, name: b}}", "{dataSource: " + volume + ", dataSourceRef: {kind: A, name: b}}"},
	}
	spec := func(text string) corev1.PersistentVolumeClaimSpec {
		var claim corev1.PersistentVolumeClaim
		if err := yaml.UnmarshalStrict([]byte("{spec: "+text+"}"), &claim); err != nil {
			t.Fatal(err)
		}
		return claim.Spec
	}
	for _, c := range cases {
		claim := &corev1.PersistentVolumeClaim{Spec: spec(c.given)}
		Claim(claim)
		claim.Spec.VolumeMode = nil
		if diff := cmp.Diff(spec(c.want), claim.Spec); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestPullPolicyFollowsTheTag(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	cases := []struct {
		image string
		want  corev1.PullPolicy
	}{
		{"busybox", corev1.PullAlways},
		{"busybox:latest", corev1.PullAlways},
		{"localhost:5000/busybox", corev1.PullAlways},
		{"busybox:1.36", corev1.PullIfNotPresent},
		{"localhost:5000/busybox:1.36", corev1.PullIfNotPresent},
		{"busybox" + digest, corev1.PullIfNotPresent},
		{"busybox:latest" + digest, corev1.PullAlways},
		{"BusyBox", corev1.PullIfNotPresent},
		{"", corev1.PullIfNotPresent},
	}
	for _, c := range cases {
		if got := pullPolicy(c.image); got != c.want {
			t.Errorf("%q: got %s, want %s", c.image, got, c.want)
		}
	}
}
