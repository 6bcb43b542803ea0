package runtime

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/volumes"
)

const withClaim = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  volumes: [{name: data, persistentVolumeClaim: {claimName: store}}]
  containers:
  - {name: main, image: "busybox:1.36", volumeMounts: [{name: data, mountPath: /data}]}
`

func TestAClaimOutlivesItsPodAndItsNode(t *testing.T) {
	inWorld(t, func(w *world) {
		key := types.NamespacedName{Namespace: "default", Name: "store"}
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(withClaim)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.delete("p", -1)
		w.awaitGone("p")
		w.restart(time.Second)
		claim, err := w.node.store.Claims.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		if claim.Status.Phase != corev1.ClaimBound || claim.Spec.VolumeName != volumeName(claim) {
			t.Errorf("it is %+v, %+v", claim.Spec, claim.Status)
		}
		volume, err := w.node.store.Volumes.Get(types.NamespacedName{Name: claim.Spec.VolumeName})
		if err != nil {
			t.Fatal(err)
		}
		if of := volume.Spec.ClaimRef; of.UID != claim.UID || of.Namespace != "default" || of.Name != "store" || volume.Status.Phase != corev1.VolumeBound ||
			volume.Spec.CSI.VolumeHandle != volumes.ClaimName("default", "store") {
			t.Errorf("its volume is %+v", volume)
		}
		if err := w.node.DeleteClaim(t.Context(), "default", "store"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.node.store.Claims.Get(key); !apierrors.IsNotFound(err) {
			t.Errorf("after its deletion: %v", err)
		}
		synctest.Wait()
		if left, _ := w.node.store.Volumes.List(""); len(left) > 0 {
			t.Errorf("after its deletion its volume is %v", left)
		}
		w.wantNothingLeft()
	})
}

// A claim that pods use stays until they are gone, across a crash of the node; who comes meanwhile waits for a new one.
func TestAClaimInUseIsDeletedWithItsLastPod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		core := w.clients().CoreV1()
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "store"}, Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		}}
		if _, err := core.PersistentVolumeClaims("default").Create(w.Context(), claim, metav1.CreateOptions{}); err != nil {
			w.Fatal(err)
		}
		w.create(withClaim)
		w.awaitPhase("p", corev1.PodRunning)
		if err := core.PersistentVolumeClaims("default").Delete(w.Context(), "store", metav1.DeleteOptions{}); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Second)
		w.create(strings.Replace(withClaim, "name: p}", "name: late}", 1))
		w.kill()
		time.Sleep(time.Minute)
		kept, err := w.node.store.Claims.Get(types.NamespacedName{Namespace: "default", Name: "store"})
		if err != nil || kept.DeletionTimestamp == nil || len(kept.Finalizers) != 1 {
			w.Fatalf("while a pod uses it: %+v, %v", kept, err)
		}
		w.awaitPhase("late", corev1.PodPending)
		w.wantEvent("late", "Warning FailedMount : Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], "+
			"failed to process volumes=[data]: error processing PVC default/store: PVC is being deleted")
		w.delete("p", -1)
		w.awaitGone("p")
		synctest.Wait()
		if kept, err := w.node.store.Claims.Get(types.NamespacedName{Namespace: "default", Name: "store"}); !apierrors.IsNotFound(err) {
			w.Errorf("after its pod: %+v, %v", kept, err)
		}
		w.awaitPhase("late", corev1.PodRunning)
	})
}

func TestAClaimWhoseVolumeAnotherNodeMadeIsThereAlready(t *testing.T) {
	inWorld(t, func(w *world) {
		key := types.NamespacedName{Namespace: "default", Name: "store"}
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(withClaim)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.delete("p", -1)
		w.awaitGone("p")
		if _, err := w.node.store.Claims.Delete(key, nil); err != nil && !apierrors.IsNotFound(err) { // as if this node had never seen it
			t.Fatal(err)
		}
		if err := w.node.AdoptClaims(t.Context()); err != nil {
			t.Fatal(err)
		}
		claim, err := w.node.store.Claims.Get(key)
		if err != nil || claim.Status.Phase != corev1.ClaimBound {
			t.Fatalf("%v, %v", claim, err)
		}
		if err := w.node.DeleteClaim(t.Context(), "default", "store"); err != nil {
			t.Fatal(err)
		}
		w.wantNothingLeft()
	})
}

func TestTheCapOfTheBackOffStaysWithThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.crash()
		w.options.MaxRestartBackoff = 2 * time.Second
		w.boot()
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(oneMain)
		time.Sleep(20 * time.Second)
		w.crash()
		w.options.MaxRestartBackoff = 0
		w.boot()
		before := len(w.startTimes("main"))
		time.Sleep(time.Minute)
		if after := len(w.startTimes("main")); after-before < 15 { // 3.25 s from start to start
			w.Errorf("it was started %d times in a minute", after-before)
		}
	})
}

func TestAClaimIsBoundOnceItsVolumeIsThere(t *testing.T) {
	inWorld(t, func(w *world) {
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "store"}}
		claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
		claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
		claim.Status.Phase = corev1.ClaimPending
		if _, err := w.node.store.Claims.Create(claim); err != nil {
			t.Fatal(err)
		}
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(withClaim)
		w.awaitPhase("p", corev1.PodSucceeded)
		bound, err := w.node.store.Claims.Get(types.NamespacedName{Namespace: "default", Name: "store"})
		if err != nil {
			t.Fatal(err)
		}
		if size := bound.Status.Capacity[corev1.ResourceStorage]; bound.Status.Phase != corev1.ClaimBound || size.String() != "1Gi" ||
			len(bound.Status.AccessModes) != 1 || bound.Spec.VolumeName != volumeName(bound) {
			t.Errorf("it is %+v, %+v", bound.Spec, bound.Status)
		}
	})
}
