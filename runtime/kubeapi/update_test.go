package kubeapi_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
)

const (
	jsonPatch  = "application/json-patch+json"
	mergePatch = "application/merge-patch+json"
	strategic  = "application/strategic-merge-patch+json"
)

// haveFinishedPod puts a pod into the store that was defaulted, as every pod behind the API is.
func (a *api) haveFinishedPod(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	a.t.Helper()
	return a.havePod(name, append(change, defaults.Pod, func(pod *corev1.Pod) { pod.Generation = 1 })...)
}

func debugger(name string) corev1.EphemeralContainer {
	return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name, Image: "busybox:1.36"}}
}

func TestEphemeralContainersComeInWithEveryKindOfRequest(t *testing.T) {
	for kind, body := range map[string]string{
		strategic:  `{"spec":{"ephemeralContainers":[{"name":"two","image":"busybox:1.36"}]}}`,
		mergePatch: `{"spec":{"ephemeralContainers":[{"name":"one","image":"busybox:1.36","imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","resources":{}},{"name":"two","image":"busybox:1.36"}]}}`,
		jsonPatch:  `[{"op":"add","path":"/spec/ephemeralContainers/-","value":{"name":"two","image":"busybox:1.36"}}]`,
		"PUT":      "",
	} {
		t.Run(kind, func(t *testing.T) {
			api := serve(t)
			before := api.haveFinishedPod("a", func(pod *corev1.Pod) {
				pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("one")}
			})
			pods, ctx := api.clients().CoreV1().Pods("default"), t.Context()
			var after *corev1.Pod
			var err error
			if kind == "PUT" {
				newer := before.DeepCopy()
				newer.Spec.EphemeralContainers = append(newer.Spec.EphemeralContainers, debugger("two"))
				after, err = pods.UpdateEphemeralContainers(ctx, "a", newer, metav1.UpdateOptions{})
			} else {
				after, err = pods.Patch(ctx, "a", types.PatchType(kind), []byte(body), metav1.PatchOptions{}, "ephemeralcontainers")
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(after.Spec.EphemeralContainers); n != 2 || after.Spec.EphemeralContainers[1].TerminationMessagePath != corev1.TerminationMessagePathDefault {
				t.Errorf("ephemeral containers: %+v", after.Spec.EphemeralContainers)
			}
			if after.Generation != 2 || after.ResourceVersion == before.ResourceVersion {
				t.Errorf("generation %d, version %s", after.Generation, after.ResourceVersion)
			}
			if shown, err := pods.Get(ctx, "a", metav1.GetOptions{}); err != nil || !cmp.Equal(shown.Spec, after.Spec) {
				t.Errorf("the pod shows %+v, %v", shown.Spec, err)
			}
		})
	}
}

func TestEphemeralContainersLeaveTheRestOfThePodAlone(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	pods := api.clients().CoreV1().Pods("default")
	after, err := pods.Patch(t.Context(), "a", types.StrategicMergePatchType, []byte(
		`{"metadata":{"labels":{"k":"v"}},"spec":{"containers":[{"name":"main","image":"other"}]},"status":{"phase":"Failed"}}`,
	), metav1.PatchOptions{}, "ephemeralcontainers")
	if err != nil {
		t.Fatal(err)
	}
	if after.Labels != nil || after.Spec.Containers[0].Image != "busybox:1.36" || after.Status.Phase != corev1.PodRunning || after.Generation != 1 {
		t.Errorf("%+v", after)
	}
}

func TestEphemeralContainersCannotLeave(t *testing.T) {
	api := serve(t)
	pod := api.haveFinishedPod("a", func(pod *corev1.Pod) {
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("one")}
	})
	newer := pod.DeepCopy()
	newer.Spec.EphemeralContainers = nil
	pods, ctx := api.clients().CoreV1().Pods("default"), t.Context()
	if _, err := pods.UpdateEphemeralContainers(ctx, "a", newer, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) ||
		!strings.Contains(err.Error(), `existing ephemeral containers "one" may not be removed`) {
		t.Errorf("removing: %v", err)
	}
	api.setPod("a", func(pod *corev1.Pod) {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, debugger("two"))
	})
	if _, err := pods.UpdateEphemeralContainers(ctx, "a", newer, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("from an old version: %v", err)
	}
}

func TestClientsWriteConditionsThatAreNotTheNodes(t *testing.T) {
	condition := func(kind corev1.PodConditionType, status corev1.ConditionStatus) corev1.PodCondition {
		return corev1.PodCondition{Type: kind, Status: status}
	}
	const own = "PodScheduled=True Ready=False"
	for name, c := range map[string]struct {
		kind, body string
		want       string
	}{
		"a new condition":                     {strategic, `{"status":{"conditions":[{"type":"x/gate","status":"True"}]}}`, "x/old=False x/gate=True " + own},
		"a newer status of one":               {strategic, `{"status":{"conditions":[{"type":"x/old","status":"True"}]}}`, "x/old=True " + own},
		"one less":                            {strategic, `{"status":{"conditions":[{"type":"x/old","$patch":"delete"}]}}`, own},
		"with operations":                     {jsonPatch, `[{"op":"replace","path":"/status/conditions/0/status","value":"Unknown"}]`, "x/old=Unknown " + own},
		"a list without the node's":           {mergePatch, `{"status":{"conditions":[{"type":"x/gate","status":"True"}]}}`, "x/gate=True " + own},
		"readiness until the node tells it":   {strategic, `{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`, "x/old=False PodScheduled=True Ready=True"},
		"no other one of the node's":          {strategic, `{"status":{"conditions":[{"type":"PodScheduled","status":"False"}]}}`, "x/old=False " + own},
		"nor is any other part of the status": {strategic, `{"status":{"phase":"Failed","podIP":"1.2.3.4","containerStatuses":[{"name":"main","ready":false}]}}`, "x/old=False " + own},
		"nor is the pod":                      {strategic, `{"metadata":{"labels":{"k":"v"}},"spec":{"nodeName":"other"}}`, "x/old=False " + own},
	} {
		t.Run(name, func(t *testing.T) {
			api := serve(t)
			before := api.haveFinishedPod("a", func(pod *corev1.Pod) {
				pod.Status.Conditions = []corev1.PodCondition{
					condition("x/old", "False"), condition("PodScheduled", "True"), condition("Ready", "False"),
				}
			})
			after, err := api.clients().CoreV1().Pods("default").Patch(t.Context(), "a", types.PatchType(c.kind), []byte(c.body), metav1.PatchOptions{}, "status")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range after.Status.Conditions {
				got = append(got, string(c.Type)+"="+string(c.Status))
			}
			// The order among the conditions of clients is the patch's.
			want := strings.Fields(c.want)
			slices.Sort(got[:len(got)-2])
			slices.Sort(want[:len(want)-2])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			after.Status.Conditions, before = nil, before.DeepCopy()
			before.Status.Conditions, before.ResourceVersion, before.TypeMeta = nil, after.ResourceVersion, after.TypeMeta
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("more than the conditions changed: %s", diff)
			}
		})
	}
}

// TestReasonAndMessageAreAlsoTheClients, as with an API server, but of a pod that has ended: the node would not set them right.
func TestReasonAndMessageAreAlsoTheClients(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("running")
	api.haveFinishedPod("ended", func(pod *corev1.Pod) {
		pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "too much",
			Conditions: []corev1.PodCondition{{Type: "Ready", Status: "False"}}}
	})
	for name, want := range map[string]string{"running": "E2E: by a client", "ended": "Evicted: too much"} {
		body := `{"status":{"reason":"E2E","message":"by a client","conditions":[{"type":"Ready","status":"True"}]}}`
		after, err := api.clients().CoreV1().Pods("default").Patch(t.Context(), name, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, "status")
		if err != nil {
			t.Fatal(err)
		}
		if got := after.Status.Reason + ": " + after.Status.Message; got != want {
			t.Errorf("%s: %s", name, got)
		}
		if c := after.Status.Conditions; name == "ended" && (len(c) != 1 || c[0].Status != "False") {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestAPodItselfChanges(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	pods, ctx := api.clients().CoreV1().Pods("default"), t.Context()
	after, err := pods.Patch(ctx, "a", types.MergePatchType, []byte(`{"metadata":{"labels":{"k":"v"}}}`), metav1.PatchOptions{})
	if err != nil || after.Labels["k"] != "v" || after.Generation != 1 {
		t.Fatalf("%+v, %v", after, err)
	}
	after.Annotations, after.Status.Phase = map[string]string{"note": "x"}, corev1.PodFailed
	after, err = pods.Update(ctx, after, metav1.UpdateOptions{})
	if err != nil || after.Labels["k"] != "v" || after.Annotations["note"] != "x" || after.Status.Phase != corev1.PodRunning {
		t.Fatalf("%+v, %v", after, err)
	}
	after, err = pods.Patch(ctx, "a", types.StrategicMergePatchType, []byte(`{"spec":{"activeDeadlineSeconds":60,"containers":[{"name":"main","image":"other"}]}}`), metav1.PatchOptions{})
	if err != nil || after.Spec.Containers[0].Image != "other" || *after.Spec.ActiveDeadlineSeconds != 60 || after.Generation != 2 || after.Annotations["note"] != "x" {
		t.Fatalf("%+v, %v", after, err)
	}
	for body, want := range map[string]string{
		`{"metadata":{"labels":{"k":"a b"}}}`:          `metadata.labels: Invalid value: "a b"`,
		`{"spec":{"terminationGracePeriodSeconds":1}}`: "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
		`{"metadata":{"finalizers":["x"]}}`:            "metadata.finalizers",
	} {
		if _, err := pods.Patch(ctx, "a", types.MergePatchType, []byte(body), metav1.PatchOptions{}); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestConfigMapsArePatched(t *testing.T) {
	api := serve(t)
	configMaps, ctx := api.clients().CoreV1().ConfigMaps("default"), t.Context()
	created, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Data: map[string]string{"k": "1"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	patched, err := configMaps.Patch(ctx, "c", types.StrategicMergePatchType, []byte(`{"data":{"l":"2"}}`), metav1.PatchOptions{})
	if err != nil || patched.Data["k"] != "1" || patched.Data["l"] != "2" || patched.UID != created.UID {
		t.Errorf("%+v, %v", patched, err)
	}
}

func TestPatchesThatDoNotFit(t *testing.T) {
	api := serve(t)
	pod := api.haveFinishedPod("a", func(pod *corev1.Pod) { pod.Status.Conditions = []corev1.PodCondition{{Type: "Ready"}} })
	for name, c := range map[string]struct {
		kind, body string
		path       string // below the pods; "" is the status of the pod
		code       int
		message    string // a part of it
	}{
		"no kind":                   {"application/json", `{}`, "", 415, "Unsupported Media Type"},
		"an applier without a name": {"application/apply-patch+yaml", `{}`, "", 422, "fieldManager: Required value: is required for apply patch"},
		"a charset is fine":         {mergePatch + "; charset=utf-8", `{}`, "", 200, ""},
		"no JSON":                   {strategic, `{`, "", 400, "invalid JSON patch"},
		"no JSON to merge":          {mergePatch, `{`, "", 400, "invalid JSON patch"},
		"no operations":             {jsonPatch, `{}`, "", 400, ""},
		"nothing":                   {mergePatch, ``, "", 400, ""},
		"null":                      {mergePatch, `null`, "", 400, ""},
		"a test that fails":         {jsonPatch, `[{"op":"test","path":"/status/phase","value":"Failed"}]`, "", 422, ""},
		"a path that is not there":  {jsonPatch, `[{"op":"replace","path":"/status/nothing/0","value":1}]`, "", 422, ""},
		"too many operations":       {jsonPatch, "[" + strings.Repeat(`{"op":"test"},`, 10000) + `{"op":"test"}]`, "", 413, "maximum operations in a JSON patch is 10000, got 10001"},
		"copies without end": {jsonPatch, `[{"op":"add","path":"/metadata/annotations","value":{"a":"` + strings.Repeat("x", 1<<20) + `"}}` +
			strings.Repeat(`,{"op":"copy","from":"/metadata/annotations/a","path":"/metadata/annotations/b"}`, 4) + "]", "", 422, "the server rejected our request due to an error in our request"},
		"a field that is not known": {strategic, `{"status":{"condition":[]}}`, "/a/status?fieldValidation=Strict", 422, `strict decoding error: unknown field "status.condition"`},
		"a value of another type":   {mergePatch, `{"status":{"phase":1}}`, "", 422, "patch: Invalid value"},
		"no merge key":              {strategic, `{"status":{"conditions":[{"status":"True"}]}}`, "", 500, "does not contain declared merge key: type"},
		"a bad condition":           {strategic, `{"status":{"conditions":[{"type":"a b","status":"True"}]}}`, "", 422, `status.conditions[0].type: Invalid value: "a b"`},
		"another name":              {mergePatch, `{"metadata":{"name":"b"}}`, "", 400, "the name of the object (b) does not match the name on the URL (a)"},
		"another namespace":         {mergePatch, `{"metadata":{"namespace":"b"}}`, "", 400, "the namespace of the provided object does not match the namespace sent on the request"},
		"another uid":               {mergePatch, `{"metadata":{"uid":"x"}}`, "", 422, `metadata.uid: Invalid value: "x": field is immutable`},
		"another version":           {mergePatch, `{"metadata":{"resourceVersion":"1"}}`, "", 409, "the object has been modified"},
		"no pod":                    {mergePatch, `{}`, "/b/status", 404, `pods "b" not found`},
		"a dry run is fine":         {mergePatch, `{"status":{"conditions":[{"type":"x/y","status":"True"}]}}`, "/a/status?dryRun=All", 200, ""},
		"what kubectl adds is fine": {mergePatch, `{}`, "/a/status?fieldManager=kubectl-patch", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path
			if path == "" {
				path = "/a/status"
			}
			response := api.do(http.MethodPatch, "/api/v1/namespaces/default/pods"+path, c.body, "Content-Type", c.kind)
			var message string
			if response.StatusCode != http.StatusOK {
				message = into[metav1.Status](t, response).Message
			}
			if response.StatusCode != c.code || !strings.Contains(message, c.message) {
				t.Errorf("%d %s, want %d with %q", response.StatusCode, message, c.code, c.message)
			}
		})
	}
	if after, _ := api.store.Pods.Get(types.NamespacedName{Namespace: "default", Name: "a"}); after != pod {
		t.Errorf("the pod changed: %v", after)
	}
}

func TestKubectlPatchesTheStatus(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	got := api.kubectl("patch", "pod", "a", "--subresource=status", "-p", `{"status":{"conditions":[{"type":"x/gate","status":"True"}]}}`)
	if got != "pod/a patched\n" {
		t.Errorf("kubectl patch: %s", got)
	}
	if got := api.kubectl("wait", "pod/a", "--for=condition=x/gate", "--timeout=5s"); got != "pod/a condition met\n" {
		t.Errorf("kubectl wait: %s", got)
	}
}

func TestKubectlDebugAddsAnEphemeralContainer(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	if got := api.kubectl("debug", "a", "--image=busybox:1.36", "-c", "look", "--target=main", "--", "sleep", "60"); strings.Contains(got, "exit 1") {
		t.Fatalf("kubectl debug: %s", got)
	}
	pod, err := api.store.Pods.Get(types.NamespacedName{Namespace: "default", Name: "a"})
	if err != nil || len(pod.Spec.EphemeralContainers) != 1 {
		t.Fatalf("%v, %v", pod, err)
	}
	if c := pod.Spec.EphemeralContainers[0]; c.Name != "look" || c.TargetContainerName != "main" || c.Command[0] != "sleep" || c.ImagePullPolicy != corev1.PullIfNotPresent {
		t.Errorf("%+v", c)
	}
	if got := api.kubectl("debug", "a", "--image=busybox:1.36", "--copy-to=b", "-c", "look", "--", "sleep", "60"); strings.Contains(got, "exit 1") {
		t.Errorf("kubectl debug --copy-to: %s", got)
	}
	if pod, err := api.store.Pods.Get(types.NamespacedName{Namespace: "default", Name: "b"}); err != nil || len(pod.Spec.Containers) != 2 {
		t.Errorf("the copy: %v, %v", pod, err)
	}
}

func TestFieldsOfDisabledFeaturesAreDropped(t *testing.T) {
	pod := newPod("a")
	pod.Spec.OS = &corev1.PodOS{Name: corev1.Linux}
	pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{StopSignal: ptr.To(corev1.SIGUSR1)}
	for text, want := range map[string]bool{"": false, "ContainerStopSignals=true": true} {
		gates, err := podspec.ParseFeatureGates(text)
		if err != nil {
			t.Fatal(err)
		}
		api := serveWithGates(t, gates)
		created, err := api.clients().CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		lifecycle := created.Spec.Containers[0].Lifecycle
		if got := lifecycle != nil && lifecycle.StopSignal != nil; got != want {
			t.Errorf("with %q the stop signal is kept: %v", text, got)
		}
	}
}

func TestTheContainersOfAPodCanBeNamed(t *testing.T) {
	api := serve(t)
	api.havePod("a", func(pod *corev1.Pod) { pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("look")} })
	api.havePod("two", func(pod *corev1.Pod) {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "side"})
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("look")}
	})
	for path, want := range map[string]int{"a/log": 200, "a/log?container=look": 200, "two/log?container=look": 200, "two/log": 400, "a/log?container=x": 400} {
		if got := api.do("GET", "/api/v1/namespaces/default/pods/"+path, "").StatusCode; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestImmutableObjectsDoNotChange(t *testing.T) {
	for name, c := range map[string]struct {
		resource, object, patch string
		want                    string // a part of the message; "" if it is fine
	}{
		"a config map":               {"configmaps", `{"immutable":true,"data":{"k":"1"}}`, `{"data":{"k":"2"}}`, "data: Forbidden: field is immutable when `immutable` is set"},
		"its labels":                 {"configmaps", `{"immutable":true,"data":{"k":"1"}}`, `{"metadata":{"labels":{"a":"b"}}}`, ""},
		"a secret":                   {"secrets", `{"immutable":true,"stringData":{"k":"1"}}`, `{"immutable":false}`, "immutable: Forbidden: field is immutable"},
		"the type of a secret":       {"secrets", `{"type":"x/y"}`, `{"type":"x/z"}`, `type: Invalid value: "x/z": field is immutable`},
		"the access mode of a claim": {"persistentvolumeclaims", claimSpec, `{"spec":{"accessModes":["ReadWriteMany"]}}`, "spec: Forbidden: spec is immutable after creation except"},
		"the labels of a claim":      {"persistentvolumeclaims", claimSpec, `{"metadata":{"labels":{"a":"b"}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := serve(t)
			path := "/api/v1/namespaces/default/" + c.resource
			if created := api.do("POST", path, `{"metadata":{"name":"a"},`+c.object[1:]); created.StatusCode != http.StatusCreated {
				t.Fatal(into[metav1.Status](t, created).Message)
			}
			code := http.StatusOK
			if c.want != "" {
				code = http.StatusUnprocessableEntity
			}
			response := api.do("PATCH", path+"/a", c.patch, "Content-Type", mergePatch)
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != code || !strings.Contains(string(body), strings.ReplaceAll(c.want, `"`, `\"`)) {
				t.Errorf("%d %s, %v, want %q", response.StatusCode, body, err, c.want)
			}
		})
	}
}

const claimSpec = `{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}`

func TestAClaimThatWasFoundWithItsVolumeIsPatched(t *testing.T) {
	api := serve(t)
	found := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "a", UID: "x"},
		Spec:       corev1.PersistentVolumeClaimSpec{VolumeName: "podsim_default_a"},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
	}
	defaults.Claim(found)
	if _, err := api.store.Claims.Create(found); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		patch string
		code  int
	}{
		{`{"metadata":{"labels":{"a":"b"}}}`, 200},
		{`{"spec":{"volumeName":"other"}}`, 422},
		{claimSpec, 200},
		{`{"spec":{"accessModes":["ReadWriteMany"]}}`, 422},
	} {
		response := api.do("PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/a", c.patch, "Content-Type", mergePatch)
		if response.StatusCode != c.code {
			t.Errorf("%s: %d %s, want %d", c.patch, response.StatusCode, into[metav1.Status](t, response).Message, c.code)
		}
	}
}

func TestResourcesOfContainersChange(t *testing.T) { // (S13.31)
	api := serve(t)
	api.haveFinishedPod("a", func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	})
	pods, ctx := api.clients().CoreV1().Pods("default"), t.Context()
	resize := func(body string) (*corev1.Pod, error) {
		return pods.Patch(ctx, "a", types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, "resize")
	}
	after, err := resize(`{"metadata":{"labels":{"k":"v"}},"spec":{"containers":[{"name":"main","image":"other","resources":{"requests":{"cpu":"2"}}}]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if c := after.Spec.Containers[0]; c.Resources.Requests.Cpu().Value() != 2 || c.Image != "busybox:1.36" || after.Labels != nil || after.Generation != 2 {
		t.Errorf("%+v", after)
	}
	if _, err := resize(`{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":null}}}]}}`); !apierrors.IsInvalid(err) ||
		!strings.Contains(err.Error(), "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed") {
		t.Errorf("removing a request: %v", err)
	}
	if _, err := resize(`{"spec":{"resources":{"limits":{"cpu":"4"}}}}`); !apierrors.IsInvalid(err) ||
		!strings.Contains(err.Error(), "podsim resizes containers only") {
		t.Errorf("resizing the pod as a whole: %v", err)
	}
}

func TestAppliersOwnWhatTheyApplied(t *testing.T) {
	api := serve(t)
	configMaps, ctx := api.clients().CoreV1().ConfigMaps("default"), t.Context()
	apply := func(manager, value string, force bool) (*corev1.ConfigMap, error) {
		body := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"` + manager + `":"yes","shared":"` + value + `"}}`
		return configMaps.Patch(ctx, "c", types.ApplyPatchType, []byte(body), metav1.PatchOptions{FieldManager: manager, Force: &force})
	}
	if _, err := apply("one", "1", false); err != nil {
		t.Fatal(err)
	}
	if _, err := apply("two", "2", false); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), `conflict with "one": .data.shared`) {
		t.Errorf("what another applied: %v", err)
	}
	forced, err := apply("two", "2", true)
	if err != nil || forced.Data["shared"] != "2" || forced.Data["one"] != "yes" || forced.Data["two"] != "yes" || len(forced.ManagedFields) != 2 {
		t.Errorf("%+v, %v", forced, err)
	}
}

func TestAppliedContainersAreMergedByName(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a", func(pod *corev1.Pod) {
		pod.Spec.Containers = append(pod.Spec.Containers, *pod.Spec.Containers[0].DeepCopy())
		pod.Spec.Containers[1].Name = "side"
	})
	body := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"side","image":"other"}]}}`
	applied, err := api.clients().CoreV1().Pods("default").Patch(t.Context(), "a", types.ApplyPatchType, []byte(body),
		metav1.PatchOptions{FieldManager: "me", Force: ptr.To(true)})
	if err != nil || len(applied.Spec.Containers) != 2 || applied.Spec.Containers[1].Image != "other" || applied.Spec.Containers[0].Image != "busybox:1.36" {
		t.Errorf("%+v, %v", applied, err)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	clients, ctx, all := api.clients().CoreV1(), t.Context(), []string{metav1.DryRunAll}
	version := api.store.Version()
	if created, err := clients.Pods("default").Create(ctx, newPod("b"), metav1.CreateOptions{DryRun: all}); err != nil || created.UID == "" {
		t.Errorf("creating: %v, %v", created, err)
	}
	if _, err := clients.Pods("default").Patch(ctx, "a", types.MergePatchType, []byte(`{"metadata":{"labels":{"k":"v"}}}`), metav1.PatchOptions{DryRun: all}); err != nil {
		t.Errorf("patching: %v", err)
	}
	if err := clients.Pods("default").Delete(ctx, "a", metav1.DeleteOptions{DryRun: all}); err != nil {
		t.Errorf("deleting: %v", err)
	}
	if err := clients.Pods("default").DeleteCollection(ctx, metav1.DeleteOptions{DryRun: all}, metav1.ListOptions{}); err != nil {
		t.Errorf("deleting all: %v", err)
	}
	if after := api.store.Version(); after != version {
		t.Errorf("the store went from version %d to %d", version, after)
	}
}

// Whoever applies a status with the whole object does not own it, and may apply it where it counts.
func TestApplyingTheWholeOwnsNoStatus(t *testing.T) {
	api := serve(t)
	api.haveFinishedPod("a")
	pods := api.clients().CoreV1().Pods("default")
	body := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"status":{"conditions":[{"type":"x/mine","status":"True"}]}}`)
	for _, part := range [][]string{nil, {"status"}} {
		after, err := pods.Patch(t.Context(), "a", types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: "one"}, part...)
		if err != nil {
			t.Fatalf("applying it to %q: %v", part, err)
		}
		mine := func(c corev1.PodCondition) bool { return c.Type == "x/mine" }
		if changed := slices.ContainsFunc(after.Status.Conditions, mine); changed != (part != nil) {
			t.Errorf("applied to %q, the status has it: %t", part, changed)
		}
	}
}
