package owned

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Shares are the objects that a controller's selector is about.
type Shares[T metav1.Object] struct {
	// Own are those that are the controller's and match, Adopt those that match and are nobody's, Release those that are the controller's
	// and do not match any more.
	Own, Adopt, Release []T
}

// Share finds out which objects of the controller's namespace are its own. A controller that is being deleted neither adopts nor releases.
func Share[T metav1.Object](controller metav1.Object, selector labels.Selector, objects []T) Shares[T] {
	var shares Shares[T]
	for _, object := range objects {
		owner, matches := metav1.GetControllerOfNoCopy(object), selector.Matches(labels.Set(object.GetLabels()))
		switch {
		case owner != nil && owner.UID == controller.GetUID():
			if matches {
				shares.Own = append(shares.Own, object)
			} else if controller.GetDeletionTimestamp() == nil {
				shares.Release = append(shares.Release, object)
			}
		case owner == nil && matches && controller.GetDeletionTimestamp() == nil && object.GetDeletionTimestamp() == nil:
			shares.Adopt = append(shares.Adopt, object)
		}
	}
	return shares
}
