package runtime

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const showsSettings = `
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  restartPolicy: Never
  volumes: [{name: v, configMap: {name: settings, optional: true}}]
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [{name: v, mountPath: /v}]}]
`

var settings = types.NamespacedName{Namespace: "default", Name: "settings"}

func (w *world) createSettings(value string) {
	w.Helper()
	_, err := w.node.store.ConfigMaps.Create(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: settings.Namespace, Name: settings.Name}, Data: map[string]string{"k": value},
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) setSettings(value string) {
	w.Helper()
	_, err := w.node.store.ConfigMaps.Update(settings, func(c *corev1.ConfigMap) error { c.Data["k"] = value; return nil })
	if err != nil {
		w.Fatal(err)
	}
}

// The next node knows of the objects of its pods what was last said of them, though one of the pods has long ended.
func TestTheNewestOfAnObjectOutlivesTheNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: time.Second} })
		w.createSettings("old")
		for _, name := range []string{"a", "b", "c"} {
			w.create(strings.Replace(showsSettings, "NAME", name, 1))
			w.await(name, "ended", func(pod *corev1.Pod) bool { return pod != nil && status.Terminal(pod.Status.Phase) })
		}
		w.setSettings("new")
		time.Sleep(5 * time.Second)
		w.crash()
		w.boot()
		found, err := w.node.store.ConfigMaps.Get(settings)
		if err != nil || found.Data["k"] != "new" {
			t.Errorf("after its change: %v, %v", found, err)
		}
		if _, err := w.node.store.ConfigMaps.Delete(settings, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.crash()
		w.boot()
		if found, err := w.node.store.ConfigMaps.Get(settings); !apierrors.IsNotFound(err) {
			t.Errorf("after its deletion: %v, %v", found, err)
		}
	})
}

// An update whose end nobody heard of may have been done: when the object is as before again, the volume is compared with it all the same.
func TestAnUpdateThatMayHaveBeenDoneIsUndone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: enginetest.Forever} })
		var updates atomic.Int32
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if slices.Contains(x.Command, "update") {
				updates.Add(1)
			}
			return enginetest.ExecResult{}
		})
		w.createSettings("a")
		w.create(strings.Replace(showsSettings, "NAME", "p", 1))
		w.await("p", "runs", func(pod *corev1.Pod) bool { return pod != nil && pod.Status.Phase == corev1.PodRunning })
		time.Sleep(5 * time.Second)
		before := updates.Load()
		w.machine.FailNext("ContainerExecInspect", errors.New("the connection broke"))
		w.setSettings("b")
		time.Sleep(time.Millisecond)
		w.setSettings("a")
		time.Sleep(time.Minute)
		if times := updates.Load() - before; times != 2 {
			t.Errorf("the volume was looked at %d times, want twice: for the change, and for what it was before", times)
		}
	})
}
