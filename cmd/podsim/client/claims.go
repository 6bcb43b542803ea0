package client

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// claimTime is how long a claim that no pod uses may take to go with its data.
const claimTime = 10 * time.Second

// DeleteClaim deletes a claim with its data and waits until it is gone. The error is NotFound if there is none. A claim that something
// still uses, such as a pod of another node, goes when that ends, and DeleteClaim fails before.
func DeleteClaim(ctx context.Context, core corev1client.CoreV1Interface, namespace, name string) error {
	claims := core.PersistentVolumeClaims(namespace)
	if err := claims.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, claimTime, true, func(ctx context.Context) (bool, error) {
		claim, err := claims.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return err == nil && claim.DeletionTimestamp == nil, err // that is another of its name
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return fmt.Errorf("persistentvolumeclaim %q of namespace %s is in use, and goes when that ends; podsim describe persistentvolumeclaim %s -n %s tells by what",
			name, namespace, name, namespace)
	}
	return err
}
