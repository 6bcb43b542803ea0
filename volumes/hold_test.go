package volumes

import (
	"bufio"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec/spectest"
)

// rival is a running container with one mount.
func rival(source string, writable bool, labels map[string]string) []container.Summary {
	return []container.Summary{{Labels: labels, Mounts: []container.MountPoint{{Source: source, RW: writable}}}}
}

func TestWhoCanExchangeADirectory(t *testing.T) {
	for _, row := range []struct {
		name   string
		others []container.Summary
		want   bool
	}{
		{"nobody", nil, false},
		{"who mounts it", rival("/d/w", true, nil), true},
		{"who only reads it", rival("/d/w", false, nil), false},
		{"who mounts something in it", rival("/d/w/a/b", true, nil), true},
		{"who mounts what it is in", rival("/d", true, nil), true},
		{"who mounts the whole machine", rival("/", true, nil), true},
		{"who mounts its neighbour", rival("/d/wall", true, nil), false},
		{"the pod's sandbox does no such thing", rival("/d/w", true, map[string]string{network.LabelType: network.TypeSandbox}), false},
		{"nor do helpers", rival("/", true, map[string]string{network.LabelManaged: "true"}), false},
		{"who mounts a held directory, which may lie in it", []container.Summary{{Mounts: []container.MountPoint{{
			Source: "/x", Name: "podsim_u_.held-c.0.0", RW: true}}}}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := (exchangeable{source: "/d/w"}).contested(HoldOptions{Others: row.others}); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAPathOfTheMachineIsContestedByWhoeverCanWriteAnywhere(t *testing.T) {
	e := exchangeable{source: "/var/run/x", onHost: true}
	if !e.contested(HoldOptions{Others: rival("/run/x", true, nil)}) {
		t.Error("two paths may lead to one directory")
	}
	if e.contested(HoldOptions{Others: rival("/var/run/x", false, nil)}) {
		t.Error("it can only be read")
	}
}

func TestPodsThatMayStartContainersMeanwhile(t *testing.T) {
	own, claim, host := exchangeable{source: "/d/w"}, exchangeable{source: "/d/c", claim: ClaimName("ns", "data")}, exchangeable{source: "/src", onHost: true}
	for _, row := range []struct {
		volume    string
		namespace string
		want      []exchangeable
	}{
		{"persistentVolumeClaim: {claimName: data}", "ns", []exchangeable{claim}},
		{"persistentVolumeClaim: {claimName: data}", "other", nil},
		{"persistentVolumeClaim: {claimName: other}", "ns", nil},
		{"emptyDir: {}", "ns", nil},
		{"hostPath: {path: /d}", "ns", []exchangeable{own, claim, host}},
		{"hostPath: {path: /elsewhere}", "ns", []exchangeable{host}},
	} {
		pod := &corev1.Pod{Spec: spectest.Spec(t, "{volumes: [{name: v, "+row.volume+"}]}")}
		pod.Namespace = row.namespace
		var got []exchangeable
		for _, e := range []exchangeable{own, claim, host} {
			if e.contested(HoldOptions{Neighbours: []*corev1.Pod{pod}}) {
				got = append(got, e)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s in %s: %v", row.volume, row.namespace, got)
		}
	}
}

// holdPod mounts sub paths of volumes of all kinds.
const holdPod = `
spec:
  volumes:
  - {name: w, emptyDir: {}}
  - {name: cm, configMap: {name: cm}}
  - {name: data, persistentVolumeClaim: {claimName: data, readOnly: true}}
  - {name: h, hostPath: {path: /src}}
  containers:
  - name: c
    volumeMounts:
    - {name: w, mountPath: /w, subPath: a}
    - {name: w, mountPath: /w2, subPath: .}
    - {name: w, mountPath: /w3}
    - {name: cm, mountPath: /cm, subPath: one}
    - {name: data, mountPath: /data, subPath: b}
    - {name: h, mountPath: /h, subPath: c}
    - {name: h, mountPath: /h2, subPath: c, mountPropagation: HostToContainer}`

func holdOptions(api string) HoldOptions {
	return HoldOptions{Image: "image", SandboxID: "sandbox", Others: rival("/", true, nil), MountOptions: MountOptions{
		Attempt: 2, APIVersion: api,
		Mountpoints: map[string]string{"podsim_u_w": "/d/w", "podsim_u_cm": "/d/cm", "podsim-pvc_ns_data": "/d/data"},
		SubPaths:    map[string]string{"/w": "a", "/w2": ".", "/cm": "..1/one", "/data": "b", "/h": "c", "/h2": "c"},
	}}
}

func TestWhichSubPathsCanBeExchanged(t *testing.T) {
	plan := planOf(t, holdPod)
	for api, want := range map[string][]string{"1.44": {"/d/w/a", "/d/data/b", "/src/c"}, "1.45": {"/src/c"}} {
		var got []string
		for _, e := range plan.exchangeable(&plan.pod.Spec.Containers[0], holdOptions(api).MountOptions) {
			got = append(got, e.source+"/"+e.sub)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("API %s:\n%s", api, diff)
		}
	}
}

// holdEngine answers the agent's verb identify in the sandbox, in the keeper, and in a helper.
type holdEngine struct {
	*helperEngine
	sandbox, keeper string
	asked           []string
}

func (e *holdEngine) ContainerExecCreate(_ context.Context, id string, options container.ExecOptions) (container.ExecCreateResponse, error) {
	e.asked = append(e.asked, id+" "+strings.Join(options.Cmd[1:], " "))
	if id == "sandbox" {
		return container.ExecCreateResponse{ID: e.sandbox}, nil
	}
	return container.ExecCreateResponse{ID: e.keeper}, nil
}

func (e *holdEngine) ContainerExecAttach(_ context.Context, answer string, _ container.ExecAttachOptions) (types.HijackedResponse, error) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		_, _ = stdcopy.NewStdWriter(far, stdcopy.Stdout).Write([]byte(answer))
	}()
	return types.HijackedResponse{Conn: near, Reader: bufio.NewReader(near)}, nil
}

func (e *holdEngine) ContainerExecInspect(context.Context, string) (container.ExecInspect, error) {
	return container.ExecInspect{}, nil
}

func TestDirectoriesAreHeldWhenTheyAreTheRightOnes(t *testing.T) {
	plan := planOf(t, holdPod)
	c := &plan.pod.Spec.Containers[0]
	engine := &holdEngine{helperEngine: &helperEngine{stdout: "d 1:3\n"}, sandbox: "d 1:1\nf 1:2\n", keeper: "d 1:1\nd 1:3\n"}
	held, err := HoldSubPaths(t.Context(), engine, plan, c, holdOptions("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/w": "podsim_u_.held-c.2.0.", "/h": "podsim_u_.held-c.2.1."} // and the place's own digits
	own := cmp.Comparer(func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) })
	if diff := cmp.Diff(want, held.Volumes, own); diff != "" || held.Keeper == "" {
		t.Errorf("a file cannot be held; the keeper is %q\n%s", held.Keeper, diff)
	}
	wantAsked := []string{"sandbox identify /podsim/volumes/w a /podsim/volumes/data b", held.Keeper + " identify /podsim/held/0 . /podsim/held/1 ."}
	if diff := cmp.Diff(wantAsked, engine.asked); diff != "" {
		t.Error(diff)
	}
	options := holdOptions("1.41").MountOptions
	options.Held = held.Volumes
	mounts, err := plan.Mounts(c, options)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(mounts.Mounts, func(m mount.Mount) bool { return cmp.Equal(m, whole(held.Volumes["/w"], "/w", false)) }) {
		t.Errorf("the held volume is not mounted: %+v", mounts.Mounts)
	}
}

func TestAnotherPlaceIsAnotherVolume(t *testing.T) {
	plan := planOf(t, holdPod)
	c := &plan.pod.Spec.Containers[0]
	if a, b := plan.heldVolume(c, 0, 0, "/a"), plan.heldVolume(c, 0, 0, "/b"); a.name == b.name {
		t.Errorf("both are %s, and the engine mounts a volume that is there from where it was first", a.name)
	}
}

func TestAnExchangedDirectoryIsRefused(t *testing.T) {
	plan := planOf(t, holdPod)
	engine := &holdEngine{helperEngine: &helperEngine{stdout: "d 1:3\n"}, sandbox: "d 1:1\nd 1:2\n", keeper: "d 1:1\nd 7:2\nd 1:3\n"}
	held, err := HoldSubPaths(t.Context(), engine, plan, &plan.pod.Spec.Containers[0], holdOptions("1.41"))
	var bad *SubPathError
	if !errors.As(err, &bad) || err.Error() != `failed to prepare subPath for volumeMount "data" of container "c"` {
		t.Errorf("got %v", err)
	}
	if held.Keeper == "" {
		t.Error("nobody would remove the keeper")
	}
}

func TestNothingIsHeldWithoutRivals(t *testing.T) {
	plan := planOf(t, holdPod)
	o := holdOptions("1.41")
	o.Others = nil
	held, err := HoldSubPaths(t.Context(), nil, plan, &plan.pod.Spec.Containers[0], o)
	if err != nil || held.Keeper != "" || held.Volumes != nil {
		t.Errorf("got %+v, %v", held, err)
	}
}
