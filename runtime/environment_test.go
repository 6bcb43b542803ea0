package runtime

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/status"
)

// A container waits for the objects that it refers to, and at each start has what they say then (S9.9).
func TestAVariableComesFromAnObject(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(30*time.Second, 0))
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: main
    image: busybox:1.36
    env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]
`)
		settings := &corev1.ConfigMap{}
		settings.Namespace, settings.Name = "default", "settings"
		waits := func(want string) {
			t.Helper()
			got := status.Container(w.pod("p"), "main").State.Waiting
			if got == nil || got.Reason != "CreateContainerConfigError" || got.Message != want {
				t.Errorf("it is shown as %+v, want %s", got, want)
			}
			w.wantEvent("p", "Warning Failed spec.containers{main}: Error: "+want)
		}
		colour := func() string {
			t.Helper()
			seen, err := w.node.engine.ContainerInspect(t.Context(), instanceID(status.Container(w.pod("p"), "main").ContainerID))
			if err != nil {
				t.Fatal(err)
			}
			return seen.Config.Env[len(seen.Config.Env)-1]
		}
		time.Sleep(time.Second)
		waits(`configmap "settings" not found`)
		if _, err := w.node.store.ConfigMaps.Create(settings); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		waits("couldn't find key colour in ConfigMap default/settings")
		paint := func(colour string) {
			t.Helper()
			_, err := w.node.store.ConfigMaps.Update(types.NamespacedName{Namespace: "default", Name: "settings"}, func(c *corev1.ConfigMap) error {
				c.Data = map[string]string{"colour": colour}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		paint("green")
		time.Sleep(11 * time.Second)
		if got := colour(); got != "COLOUR=green" {
			t.Errorf("it has %s", got)
		}
		paint("red")
		w.await("p", "restarted", func(pod *corev1.Pod) bool {
			s := status.Container(pod, "main")
			return s.RestartCount == 1 && s.State.Running != nil
		})
		if got := colour(); got != "COLOUR=red" {
			t.Errorf("after a restart it has %s", got)
		}
		w.delete("p", 0)
		w.awaitGone("p")
	})
}

// A sub path whose variable is missing keeps the container from being created, too (S9.6).
func TestASubPathWantsItsVariables(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: v, emptyDir: {}}]
  containers:
  - name: main
    image: busybox:1.36
    volumeMounts: [{name: v, mountPath: /v, subPathExpr: logs/$(NAME)}]
`)
		time.Sleep(time.Second)
		got := status.Container(w.pod("p"), "main").State.Waiting
		if got == nil || got.Reason != "CreateContainerConfigError" || got.Message != "missing value for NAME" {
			t.Errorf("it is shown as %+v", got)
		}
	})
}
