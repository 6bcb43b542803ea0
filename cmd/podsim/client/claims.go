package client

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/podsim/podsim/runtime/controllers"
)

// claimTime is how long a claim that no pod uses may take to go with its data: as long as a request.
const claimTime = time.Minute

// DeleteClaim deletes a claim with its data and waits until it is gone. The error is NotFound if there is none. A claim that cannot go yet,
// such as one that a pod of another node uses, goes when it can, and DeleteClaim fails before.
func DeleteClaim(ctx context.Context, core corev1client.CoreV1Interface, namespace, name string) error {
	claims := core.PersistentVolumeClaims(namespace)
	begun := time.Now().Truncate(time.Second) // which is as fine as an event's time is
	if err := claims.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, claimTime, true, func(ctx context.Context) (bool, error) {
		claim, err := claims.Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return true, nil
		case err != nil:
			return false, err
		case claim.DeletionTimestamp == nil: // another of its name
			return true, nil
		}
		return false, whyItStays(ctx, core, claim, begun)
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return fmt.Errorf("persistentvolumeclaim %q of namespace %s is still being deleted; podsim describe persistentvolumeclaim %s -n %s tells more",
			name, namespace, name, namespace)
	}
	return err
}

// whyItStays is what the claim's events say of its deletion since a time; what kept it before may be over.
func whyItStays(ctx context.Context, core corev1client.CoreV1Interface, claim *corev1.PersistentVolumeClaim, since time.Time) error {
	events, err := core.Events(claim.Namespace).List(ctx, metav1.ListOptions{FieldSelector: fields.Set{
		"involvedObject.uid": string(claim.UID), "reason": controllers.EventFailedDelete,
	}.String()})
	if err != nil {
		return err
	}
	for _, e := range events.Items {
		if !e.LastTimestamp.Time.Before(since) {
			return fmt.Errorf("persistentvolumeclaim %q of namespace %s goes when it can: %s", claim.Name, claim.Namespace, e.Message)
		}
	}
	return nil
}
