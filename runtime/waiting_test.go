package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/kept"
)

const waitsForSettings = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: settings, configMap: {name: settings}}, {name: more, configMap: {name: more}}]
  containers:
  - {name: main, image: "busybox:1.36", volumeMounts: [{name: settings, mountPath: /settings}, {name: more, mountPath: /more}]}
`

// wantWaiting checks how many pods have their records in the state directory.
func (w *world) wantWaiting(want int) {
	w.Helper()
	synctest.Wait() // one may be written just now
	entries, err := os.ReadDir(endpoint.WaitingPath(w.options.StateDir))
	if err != nil && !os.IsNotExist(err) {
		w.Fatal(err)
	}
	if len(entries) != want || want == 0 && err == nil {
		w.Errorf("%d records of pods that wait, want %d: %v", len(entries), want, err)
	}
}

// A pod that waits for its first sandbox is there after a crash, with what was made for it, and goes on to wait.
func TestAPodThatWaitsOutlivesAKilledNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.options.MaxRestartBackoff = 7 * time.Second
		w.withState()
		w.options.MaxRestartBackoff = 0 // the next nodes'
		companion := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"k": "v"}}
		maps := w.clients().CoreV1().ConfigMaps("default")
		if _, err := maps.Create(w.Context(), companion, metav1.CreateOptions{FieldManager: CompanionManager}); err != nil {
			w.Fatal(err)
		}
		w.create(waitsForSettings)
		w.await("p", "waiting", func(pod *corev1.Pod) bool { return len(w.eventsOf("p")) > 1 })
		before := w.pod("p")
		w.wantWaiting(1)
		w.kill()
		after := w.pod("p")
		if after == nil || after.UID != before.UID || after.Status.Phase != corev1.PodPending {
			w.Fatalf("after the crash: %+v", after)
		}
		w.wantEvent("p", `Warning FailedMount : MountVolume.SetUp failed for volume "more" : configmap "more" not found`)
		if limit := w.node.worker(after.UID).maxBackOff; limit != 7*time.Second {
			w.Errorf("its back-off is capped at %v", limit)
		}
		companion.Name = "more"
		if _, err := w.clients().CoreV1().ConfigMaps("default").Create(w.Context(), companion, metav1.CreateOptions{}); err != nil {
			w.Fatal(err)
		}
		w.awaitPhase("p", corev1.PodRunning)
		w.wantWaiting(0)
		w.kill()
		w.awaitPhase("p", corev1.PodRunning)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// The Secrets of a pod that waits are with its records where these are in memory, and reach no disk.
func TestTheSecretsOfAPodThatWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, StringData: map[string]string{"k": "open sesame"}}
		if _, err := w.clients().CoreV1().Secrets("default").Create(w.Context(), secret, metav1.CreateOptions{FieldManager: CompanionManager}); err != nil {
			w.Fatal(err)
		}
		w.create(strings.Replace(waitsForSettings, "configMap: {name: settings}", "secret: {secretName: settings}", 1))
		w.await("p", "waiting", func(pod *corev1.Pod) bool { return len(w.eventsOf("p")) > 1 })
		records, err := os.ReadFile(filepath.Join(endpoint.WaitingPath(w.options.StateDir), string(w.pod("p").UID)+".json"))
		if err != nil {
			w.Fatal(err)
		}
		var decoded waitingPod
		if err := json.Unmarshal(records, &decoded); err != nil {
			w.Fatal(err)
		}
		if got, want := strings.Contains(string(decoded.Secrets["secret-settings.json"]), "b3BlbiBzZXNhbWU="), kept.InMemory(w.options.StateDir); got != want {
			w.Errorf("the secret is in the records: %v, which are in memory: %v", got, want)
		}
		for name, content := range decoded.Files {
			if strings.Contains(string(content), "b3BlbiBzZXNhbWU=") {
				w.Errorf("%s has the secret: %s", name, content)
			}
		}
	})
}

// Records that are no use are out of the way of everything else.
func TestRecordsOfPodsThatDoNotWaitAnyMore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		w.create(waitsForSettings)
		w.await("p", "waiting", func(pod *corev1.Pod) bool { return len(w.eventsOf("p")) > 1 })
		uid := w.pod("p").UID
		content, err := os.ReadFile(filepath.Join(endpoint.WaitingPath(w.options.StateDir), string(uid)+".json"))
		if err != nil {
			w.Fatal(err)
		}
		stale, saved, err := decodeWaiting(content, uid)
		if err != nil {
			w.Fatal(err)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantWaiting(0)

		time.Sleep(time.Second)
		w.create(strings.ReplaceAll(oneMain, "name: p}", "name: q}"))
		w.awaitPhase("q", corev1.PodRunning)
		saved.Pod.Name = "q"
		own, err := json.Marshal(saved)
		if err != nil {
			w.Fatal(err)
		}
		stale.Files = map[string][]byte{podRecordName(saved.Number): own}
		if content, err = json.Marshal(stale); err != nil {
			w.Fatal(err)
		}
		waiting := endpoint.WaitingPath(w.options.StateDir)
		for name, content := range map[string][]byte{string(uid) + ".json": content, "other.json": []byte("{"), "third.json.new": content} {
			if err := kept.WriteFile(filepath.Join(waiting, name), content); err != nil {
				w.Fatal(err)
			}
		}
		w.kill()
		w.awaitPhase("q", corev1.PodRunning)
		if w.pod("q").UID == uid {
			w.Error("a pod that was deleted is back")
		}
		entries, err := os.ReadDir(endpoint.WaitingPath(w.options.StateDir))
		if err != nil || len(entries) != 1 || entries[0].Name() != "other.json.damaged" {
			w.Errorf("left: %v, %v", entries, err)
		}
	})
}

// A sandbox that was filled and could not be started, nor removed, has an older record than the state directory.
func TestTheNewestRecordOfAPodThatWaitsCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ContainerRemove" || call.Method == "ContainerExecCreate" { // by which claims get their group
				return errors.New("the engine has trouble")
			}
			return nil
		})
		w.create(strings.Replace(withClaim, "spec:", "spec:\n  securityContext: {fsGroup: 7}", 1))
		time.Sleep(5 * time.Second)
		if _, err := w.node.UpdatePod(w.Context(), "default", "p", func(pod *corev1.Pod) error {
			pod.Labels = map[string]string{"newest": "yes"}
			return nil
		}); err != nil {
			w.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.wantWaiting(1)
		w.kill()
		if pod := w.pod("p"); pod == nil || pod.Labels["newest"] != "yes" {
			w.Errorf("after the crash: %+v", pod)
		}
	})
}

// A pod that was rejected has nothing on the engine, and has failed for good.
func TestARejectedPodOutlivesAKilledNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		const withPort = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: main, image: "busybox:1.36", ports: [{containerPort: 80, hostPort: 8080}]}
`
		w.create(withPort)
		w.awaitPhase("p", corev1.PodRunning)
		w.create(strings.Replace(withPort, "name: p}", "name: late}", 1))
		w.awaitPhase("late", corev1.PodFailed)
		w.kill()
		if late := w.pod("late"); late == nil || late.Status.Phase != corev1.PodFailed || late.Status.Reason != "NodePorts" {
			w.Errorf("after the crash: %+v", late)
		}
		w.delete("late", -1)
		w.awaitGone("late")
		w.wantWaiting(0)
	})
}
