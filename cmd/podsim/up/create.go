package up

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/follow"
)

// creation is what an up brings to the node, and what it takes away again.
type creation struct {
	connection *client.Connection
	client     corev1client.CoreV1Interface
	// pods are the pods of the manifest as the node has them, in the manifest's order.
	pods []*corev1.Pod
	// adopted are those of them that this command's node found running.
	adopted map[*corev1.Pod]bool

	companions client.Companions
	claims     []*corev1.PersistentVolumeClaim
}

// create brings the objects of the manifest to the node, the pods last. Nothing is changed when a pod of one of the names
// is there already, unless this command has just started the node, which found that very pod running: then it is taken
// over. Whatever the error, the creation holds what was created by then, for undo.
func create(ctx context.Context, connection *client.Connection, m *manifest.Contents) (*creation, error) {
	c := &creation{connection: connection, client: connection.Client.CoreV1(), adopted: map[*corev1.Pod]bool{}}
	found, err := findPods(ctx, c.client, m.Pods, connection.StartedNode)
	if err != nil {
		return c, err
	}
	if err := refuseOtherPods(ctx, c.client, m); err != nil {
		return c, err
	}
	return c, c.create(ctx, m, found)
}

// findPods looks for the pods that are on the node already: the one of each manifest, or nil.
func findPods(ctx context.Context, client corev1client.CoreV1Interface, pods []*corev1.Pod, adopting bool) ([]*corev1.Pod, error) {
	found := make([]*corev1.Pod, len(pods))
	var errs []error
	for i, pod := range pods {
		there, err := client.Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, err
		case adopting && there.DeletionTimestamp == nil && sameManifest(pod, there):
			found[i] = there
		default:
			errs = append(errs, fmt.Errorf("pod %q is already there; take it down first: %s", pod.Name, advice("down", pod)))
		}
	}
	return found, errors.Join(errs...)
}

// refuseOtherPods is an error when a workload has pods on the node that are none of the manifest's: of an earlier template, or more of
// them. A cluster would replace them; here the two would run beside each other.
func refuseOtherPods(ctx context.Context, client corev1client.CoreV1Interface, m *manifest.Contents) error {
	var errs []error
	for _, w := range m.Workloads {
		there, err := client.Pods(w.GetNamespace()).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range there.Items {
			pod := &there.Items[i]
			isWanted := slices.ContainsFunc(m.Pods, func(p *corev1.Pod) bool { return p.Name == pod.Name && p.Namespace == pod.Namespace })
			if w.Owns(pod) && !isWanted {
				errs = append(errs, fmt.Errorf("%s has another pod already; take it down first: %s", w, advice("down", pod)))
			}
		}
	}
	return errors.Join(errs...)
}

// sameManifest tells whether there is what the node makes of pod; containers that podsim debug added since are no difference.
func sameManifest(pod, there *corev1.Pod) bool {
	spec := pod.Spec.DeepCopy()
	spec.NodeName, spec.EphemeralContainers = there.Spec.NodeName, there.Spec.EphemeralContainers
	return apiequality.Semantic.DeepEqual(*spec, there.Spec) &&
		apiequality.Semantic.DeepEqual(pod.Labels, there.Labels) &&
		apiequality.Semantic.DeepEqual(pod.Annotations, there.Annotations)
}

func (c *creation) create(ctx context.Context, m *manifest.Contents, found []*corev1.Pod) error {
	if err := c.createCompanions(ctx, m); err != nil {
		return err
	}
	for _, o := range m.Claims {
		c.connection.HasReadWarnings(o)
		created, err := c.client.PersistentVolumeClaims(o.Namespace).Create(ctx, o, metav1.CreateOptions{FieldManager: runtime.CompanionManager})
		switch {
		case apierrors.IsAlreadyExists(err): // it keeps its data, and what can be changed of a claim means nothing here
		case err != nil:
			return err
		default:
			c.claims = append(c.claims, created)
		}
	}
	for i, o := range m.Pods {
		if found[i] != nil {
			c.pods = append(c.pods, found[i])
			c.adopted[found[i]] = true
			continue
		}
		c.connection.HasReadWarnings(o)
		created, err := c.client.Pods(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		c.pods = append(c.pods, created)
	}
	return nil
}

// deletePods asks for the end of all pods that are still there. A nil grace period leaves each pod its own, in seconds.
func (c *creation) deletePods(ctx context.Context, gracePeriod *int64) error {
	var errs []error
	for _, pod := range c.pods {
		err := c.client.Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: gracePeriod,
			Preconditions:      metav1.NewUIDPreconditions(string(pod.UID)),
		})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// deleteCompanions removes what was created beside the pods and that no other pod has come to use. Claims stay: their data
// outlives the pods.
func (c *creation) deleteCompanions(ctx context.Context) error {
	if c.companions.Empty() {
		return nil
	}
	users, err := client.FindUsers(ctx, c.connection.Client)
	if err != nil {
		return err
	}
	return c.companions.DeleteUnused(ctx, c.connection.Client, users)
}

// undo removes everything that was created, data of new claims included, and waits until the pods are gone or ctx ends. Pods that
// were taken over stay as they were.
func (c *creation) undo(ctx context.Context) error {
	var created []*corev1.Pod
	for _, pod := range c.pods {
		if !c.adopted[pod] {
			created = append(created, pod)
		}
	}
	c.pods = created
	errs := []error{c.deletePods(ctx, ptr.To[int64](0))}
	for _, pod := range created {
		errs = append(errs, follow.Gone(ctx, c.client, pod, c.connection.Reconnect))
	}
	errs = append(errs, c.deleteCompanions(ctx))
	for _, o := range c.claims {
		errs = append(errs, client.UnlessNotFound(client.DeleteClaim(ctx, c.client, o.Namespace, o.Name)))
	}
	err := errors.Join(errs...)
	switch {
	case err != nil && ctx.Err() != nil && len(created) > 0:
		return fmt.Errorf("%w before everything was removed again; end the rest with: %s", context.Cause(ctx), advice("down", created...))
	case err != nil:
		return fmt.Errorf("removing again what was created: %w", err)
	}
	return nil
}

// announce shows which pods were created and which were taken over.
func (c *creation) announce(display progress.Display) {
	for _, pod := range c.pods {
		if c.adopted[pod] {
			display.Note(pod, "left by an earlier podsim; going on with it")
		} else {
			display.Note(pod, "created")
		}
	}
}
