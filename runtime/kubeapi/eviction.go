package kubeapi

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"

	"github.com/podsim/podsim/runtime/status"
)

// evictions delete pods, as `kubectl drain` does it. There are no disruption budgets here that could forbid it.
type evictions struct{ pods podRegistry }

var _ rest.NamedCreater = evictions{}

// New implements rest.Storage.
func (evictions) New() runtime.Object { return &policyv1.Eviction{} }

// Destroy implements rest.Storage.
func (evictions) Destroy() {}

// GroupVersionKind implements rest.GroupVersionKindProvider: evictions are of another group than the pods.
func (evictions) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return policyv1.SchemeGroupVersion.WithKind("Eviction")
}

// Create implements rest.NamedCreater.
func (e evictions) Create(ctx context.Context, name string, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	eviction := object.(*policyv1.Eviction)
	if eviction.Name != name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Eviction object")
	}
	deletion := &metav1.DeleteOptions{}
	if eviction.DeleteOptions != nil {
		deletion = eviction.DeleteOptions
	}
	switch {
	case len(deletion.DryRun) == 0:
		deletion.DryRun = options.DryRun
	case len(options.DryRun) > 0 && !reflect.DeepEqual(options.DryRun, deletion.DryRun):
		//lint:ignore ST1005 the API server says it so
		return nil, fmt.Errorf("Non-matching dry-run options in request and content: %v and %v", options.DryRun, deletion.DryRun)
	}
	if err := validate(ctx, eviction.DeepCopy()); err != nil {
		return nil, err
	}
	if !dryrun.IsDryRun(deletion.DryRun) {
		pod, err := e.announce(ctx, name, deletion.Preconditions)
		if err != nil {
			return nil, err
		}
		if p := deletion.Preconditions; p != nil && p.ResourceVersion != nil {
			p.ResourceVersion = &pod.ResourceVersion // it was the one that the client named until now
		}
	}
	if _, _, err := e.pods.Delete(ctx, name, rest.ValidateAllObjectFunc, deletion); err != nil {
		return nil, err
	}
	return &metav1.Status{Status: metav1.StatusSuccess}, nil
}

// announce shows in a pod's status that it is evicted, unless it has ended already.
func (e evictions) announce(ctx context.Context, name string, preconditions *metav1.Preconditions) (*corev1.Pod, error) {
	return e.pods.node.UpdatePod(ctx, genericapirequest.NamespaceValue(ctx), name, func(pod *corev1.Pod) error {
		if err := e.pods.pods.CheckPreconditions(pod, preconditions); err != nil || status.Terminal(pod.Status.Phase) {
			return err
		}
		pod.Status.Conditions = slices.DeleteFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.DisruptionTarget })
		pod.Status.Conditions = slices.Insert(pod.Status.Conditions, 0, corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
			Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting", LastTransitionTime: metav1.Now().Rfc3339Copy(),
		})
		return nil
	})
}

// bindings are what a scheduler would give pods their node with. Here every pod has its node from the beginning.
type bindings struct{ pods podRegistry }

var _ rest.NamedCreater = bindings{}

// New implements rest.Storage.
func (bindings) New() runtime.Object { return &corev1.Binding{} }

// Destroy implements rest.Storage.
func (bindings) Destroy() {}

// Create implements rest.NamedCreater.
func (b bindings) Create(ctx context.Context, name string, object runtime.Object, validate rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	binding := object.(*corev1.Binding)
	if binding.Name != name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Binding object")
	}
	var errs field.ErrorList
	target := field.NewPath("target")
	if kind := binding.Target.Kind; kind != "" && kind != "Node" {
		errs = append(errs, field.NotSupported(target.Child("kind"), kind, []string{"Node", "<empty>"}))
	}
	if binding.Target.Name == "" {
		errs = append(errs, field.Required(target.Child("name"), ""))
	}
	if len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	if err := validate(ctx, binding.DeepCopy()); err != nil {
		return nil, err
	}
	found, err := b.pods.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return nil, apierrors.NewConflict(corev1.Resource("pods/binding"), name,
		fmt.Errorf("pod %s is already assigned to node %q", name, found.(*corev1.Pod).Spec.NodeName))
}
