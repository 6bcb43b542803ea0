package runtime

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// volumeDriver stands in a PersistentVolume for what makes it: an engine volume, whose name is the volume's handle.
const volumeDriver = "podsim.io"

// watchClaims keeps a PersistentVolume for each claim that has its data, until the context ends.
func (n *Node) watchClaims(ctx context.Context) {
	n.redo(ctx, n.refreshVolumes, func(news func()) {
		store.FollowNews(ctx, n.store.Claims, news)
	})
}

// refreshVolumes makes the PersistentVolumes of the store those of its claims.
func (n *Node) refreshVolumes() {
	claims, _ := n.store.Claims.List("")
	var wanted []*corev1.PersistentVolume
	for _, claim := range claims {
		if claim.Status.Phase == corev1.ClaimBound {
			wanted = append(wanted, volumeOf(claim))
		}
	}
	replaceAll(n.store.Volumes, wanted, func(kept, wanted *corev1.PersistentVolume) bool {
		same := equality.Semantic.DeepEqual(kept.Spec, wanted.Spec)
		kept.Spec = wanted.Spec
		return same
	})
}

// volumeName is what a provisioner calls the volume that it makes for a claim.
func volumeName(claim *corev1.PersistentVolumeClaim) string { return "pvc-" + string(claim.UID) }

// volumeOf is the volume of a bound claim.
func volumeOf(claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	class := ""
	if claim.Spec.StorageClassName != nil {
		class = *claim.Spec.StorageClassName
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        volumeName(claim),
			Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": volumeDriver},
		},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      claim.Status.Capacity,
			AccessModes:                   claim.Status.AccessModes,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete, // the data goes with its claim
			StorageClassName:              class,
			VolumeMode:                    claim.Spec.VolumeMode,
			ClaimRef: &corev1.ObjectReference{
				Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: volumeDriver, VolumeHandle: volumes.ClaimName(claim.Namespace, claim.Name),
			}},
		},
		Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeBound},
	}
}
