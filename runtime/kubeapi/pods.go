package kubeapi

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	apitypes "k8s.io/apimachinery/pkg/types"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"

	"github.com/podsim/podsim/podspec/defaults"
	podfields "github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/runtime/store"
)

func pods(config Config) *resource[*corev1.Pod] {
	return &resource[*corev1.Pod]{
		collection: config.Store.Pods, singular: "pod", shortNames: []string{"po"}, categories: []string{"all"}, returnsDeleted: true,
		newObject: func() *corev1.Pod { return &corev1.Pod{} },
		newList:   func() runtime.Object { return &corev1.PodList{} },
		table:     podTable(),
		fields: func(pod *corev1.Pod) fields.Set {
			return with(metadataFields(pod), fields.Set{
				"spec.nodeName":      pod.Spec.NodeName,
				"spec.restartPolicy": string(pod.Spec.RestartPolicy),
				"status.phase":       string(pod.Status.Phase),
				"status.podIP":       pod.Status.PodIP,
			})
		},
		writes: podWriter{config.Node, config.Store.Pods},
		// An API server refuses some of what podsim cannot run, and podsim the rest; fields whose features are off go without a word (S0.9).
		prepare: func(pod *corev1.Pod) { podfields.DropDisabled(pod, config.FeatureGates) },
		check: func(pod *corev1.Pod) field.ErrorList {
			refused, unsupported := manifest.AdmitPod(pod, config.FeatureGates)
			return append(refused, unsupported...)
		},
		warn: func(ctx context.Context, pod *corev1.Pod) []string {
			return append(warningsOf(pod), config.Node.Warnings(ctx, pod)...)
		},
		prepareUpdate: func(newer, older *corev1.Pod) {
			podfields.DropDisabled(newer, config.FeatureGates)
			if newer.Spec.Resources == nil { // a client may not know of them
				newer.Spec.Resources = older.Spec.Resources
			}
			newer.Status = older.Status
			countGeneration(newer, older)
		},
		checkUpdate: func(newer, older *corev1.Pod) field.ErrorList {
			return validation.ValidatePodUpdate(newer, older, config.FeatureGates)
		},
	}
}

// countGeneration raises the generation of a pod whose spec changes.
func countGeneration(newer, older *corev1.Pod) {
	newer.Generation = older.Generation
	if !equality.Semantic.DeepEqual(newer.Spec, older.Spec) {
		newer.Generation++
	}
}

// podWriter has the node take pods in and act on their changes.
type podWriter struct {
	node Node
	pods *store.Collection[*corev1.Pod]
}

// Create implements memory.Writer.
func (w podWriter) Create(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	return w.node.CreatePod(ctx, pod)
}

// Update implements memory.Writer.
func (w podWriter) Update(ctx context.Context, key apitypes.NamespacedName, change func(*corev1.Pod) error) (*corev1.Pod, error) {
	return w.node.UpdatePod(ctx, key.Namespace, key.Name, change)
}

// Delete implements memory.Writer. It is for a pod whose time is over and whose last finalizer an update takes off: instead of that update
// the pod goes, and nothing that it still has holds it.
func (w podWriter) Delete(ctx context.Context, key apitypes.NamespacedName, preconditions *metav1.Preconditions) (*corev1.Pod, error) {
	released, err := w.node.UpdatePod(ctx, key.Namespace, key.Name, func(pod *corev1.Pod) error {
		if err := w.pods.CheckPreconditions(pod, preconditions); err != nil {
			return err
		}
		pod.Finalizers = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.node.DeletePod(ctx, key.Namespace, key.Name, &metav1.DeleteOptions{
		GracePeriodSeconds: new(int64), Preconditions: metav1.NewUIDPreconditions(string(released.UID)),
	})
}

// podRegistry are the pods, whose deletion is the node's affair.
type podRegistry struct {
	*registered
	node Node
	pods *store.Collection[*corev1.Pod]
}

// Delete implements rest.GracefulDeleter.
func (p podRegistry) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	if dryrun.IsDryRun(options.DryRun) {
		return p.registered.Delete(ctx, name, validate, options)
	}
	pod, err := p.node.DeletePod(ctx, genericapirequest.NamespaceValue(ctx), name, options)
	return pod.DeepCopy(), false, err // whoever answers with it changes it
}

// DeleteCollection implements rest.CollectionDeleter.
func (p podRegistry) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	which *metainternalversion.ListOptions) (runtime.Object, error) {
	list, err := p.List(ctx, which)
	if err != nil {
		return nil, err
	}
	for i := range list.(*corev1.PodList).Items {
		pod := &list.(*corev1.PodList).Items[i]
		if _, _, err := p.Delete(genericapirequest.WithNamespace(ctx, pod.Namespace), pod.Name, validate, options.DeepCopy()); err != nil && !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return list, nil
}

// parts are the subresources of pods.
func (p podRegistry) parts(of *resource[*corev1.Pod], config Config) map[string]rest.Storage {
	return map[string]rest.Storage{
		"ephemeralcontainers": partOf(p.registered, of, ephemeralContainers(config), func(newer, older *corev1.Pod) field.ErrorList {
			return append(validation.ValidateEphemeralContainersUpdate(newer, older), podfields.Unsupported(newer)...)
		}),
		"resize":   partOf(p.registered, of, resize, checkResize(config)),
		"status":   statusOf(p.registered, of, clientsStatus, checkConditions),
		"eviction": evictions{p},
		"binding":  bindings{p},
	}
}

// keep makes newer what older is, but for what the server alone minds.
func keep(newer, older *corev1.Pod) {
	managed, version, uid := newer.ManagedFields, newer.ResourceVersion, newer.UID
	older.DeepCopyInto(newer)
	newer.ManagedFields, newer.ResourceVersion, newer.UID = managed, version, uid
}

// ephemeralContainers is how ephemeral containers come into a pod that is there, as with kubectl debug. Whatever else of the pod a
// client sends stays as it is (S2.86).
func ephemeralContainers(config Config) func(newer, older *corev1.Pod) {
	return func(newer, older *corev1.Pod) {
		sent := &corev1.Pod{Spec: corev1.PodSpec{EphemeralContainers: newer.Spec.EphemeralContainers}}
		keep(newer, older)
		podfields.DropDisabled(sent, config.FeatureGates)
		newer.Spec.EphemeralContainers = sent.Spec.EphemeralContainers
		defaults.EphemeralContainers(newer)
		countGeneration(newer, older)
	}
}

// resize is how the processor time and memory of a pod's containers change (S13.31). Whatever else of the pod a client sends stays as it
// is, but for the resources of the pod level, which no cgroup here could follow.
func resize(newer, older *corev1.Pod) {
	sent := newer.Spec.DeepCopy()
	keep(newer, older)
	newer.Spec.Containers = resized(older.Spec.Containers, sent.Containers)
	newer.Spec.InitContainers = resized(older.Spec.InitContainers, sent.InitContainers)
	if sent.Resources != nil {
		newer.Spec.Resources = sent.Resources
	}
	countGeneration(newer, older)
}

func checkResize(config Config) func(newer, older *corev1.Pod) field.ErrorList {
	return func(newer, older *corev1.Pod) field.ErrorList {
		if !equality.Semantic.DeepEqual(newer.Spec.Resources, older.Spec.Resources) {
			return field.ErrorList{field.Forbidden(field.NewPath("spec", "resources"), "podsim resizes containers only, not the pod as a whole")}
		}
		return validation.ValidatePodResize(newer, older, config.FeatureGates)
	}
}

// resized are the containers with the resources and resize policies of the sent ones. Other containers, or other names, are left for
// the validation to find.
func resized(stored, sent []corev1.Container) []corev1.Container {
	sameName := func(a, b corev1.Container) bool { return a.Name == b.Name }
	if !slices.EqualFunc(stored, sent, sameName) {
		return sent
	}
	merged := slices.Clone(stored)
	for i := range merged {
		merged[i].Resources, merged[i].ResizePolicy = sent[i].Resources, sent[i].ResizePolicy
	}
	return merged
}

// clientsStatus is what clients may write of a pod's status. The conditions that are not the node's, such as those of readiness gates, are
// theirs. Whether the pod is ready, the reason and the message are what they say until the node writes its own again, which it does at once,
// as a kubelet does in its next round; of a pod that has ended nobody would. All else stays as it is, whatever a client sends back of it.
func clientsStatus(newer, older *corev1.Pod) {
	sent := newer.Status
	var conditions []corev1.PodCondition // the node's come last (S3.20)
	for _, c := range sent.Conditions {
		if !status.Own(c.Type) {
			conditions = append(conditions, c)
		}
	}
	ended := status.Terminal(older.Status.Phase)
	for _, c := range older.Status.Conditions {
		if !status.Own(c.Type) {
			continue
		}
		if readiness := c.Type == corev1.PodReady || c.Type == corev1.ContainersReady; readiness && !ended {
			c = conditionOr(sent.Conditions, c)
		}
		conditions = append(conditions, c)
	}
	keep(newer, older)
	newer.Status.Conditions = conditions
	if !ended {
		newer.Status.Reason, newer.Status.Message = sent.Reason, sent.Message
	}
}

// conditionOr is the condition of that type in the list, or c if there is none.
func conditionOr(list []corev1.PodCondition, c corev1.PodCondition) corev1.PodCondition {
	if i := slices.IndexFunc(list, func(other corev1.PodCondition) bool { return other.Type == c.Type }); i >= 0 {
		return list[i]
	}
	return c
}

func checkConditions(newer, _ *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	for i, c := range newer.Status.Conditions {
		at := field.NewPath("status", "conditions").Index(i).Child("type")
		for _, complaint := range utilvalidation.IsQualifiedName(string(c.Type)) {
			errs = append(errs, field.Invalid(at, string(c.Type), complaint))
		}
	}
	return errs
}
