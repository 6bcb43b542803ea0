package runtime

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/manifest"
)

const scratchPod = `
apiVersion: v1
kind: Pod
metadata: {name: has}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}}}]
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [{name: scratch, mountPath: /scratch}]}]
`

// The data of an ephemeral volume is its pod's, also where another node on the same engine has a pod of the same name (S11.45).
func TestTheDataOfAnotherNodesPodIsLeftAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Hour, 0))
		w.create(scratchPod)
		w.await("has", "runs", func(pod *corev1.Pod) bool { return pod != nil && pod.Status.Phase == corev1.PodRunning })
		ctx, stop := context.WithCancel(context.Background())
		other, ended := NewNode(w.machine.Connect(), Options{ID: "other"}), make(chan struct{})
		go func() {
			defer close(ended)
			_ = other.Run(ctx, newQuietListener())
		}()
		<-other.Ready()
		loaded, err := manifest.Load(ctx, []string{"-"}, manifest.Options{Stdin: strings.NewReader(scratchPod)})
		if err != nil {
			t.Fatal(err)
		}
		pod := loaded.Pods[0]
		pod.Namespace = "default"
		if _, err := other.CreatePod(ctx, pod); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		told := false
		events, _ := other.store.Events.List("default")
		for _, e := range events {
			told = told || e.Reason == "FailedMount" && strings.HasSuffix(e.Message, "PVC default/has-scratch was not created for pod default/has (pod is not owner)")
		}
		if !told {
			t.Errorf("the other pod's events: %+v", events)
		}
		stop()
		<-ended
	})
}
