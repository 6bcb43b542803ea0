package kubeapi

import (
	"context"
	"errors"
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/podsim/podsim/runtime/kubeapi/memory"
)

// scale is the subresource that shows how many pods an object has and is to have, and changes that.
type scale[T memory.Object[T]] struct {
	whole    *registry.Store
	version  schema.GroupVersion
	resource schema.GroupResource
	// parts are the field of an object with the number of pods that it is to have, the number that it has, and their selector.
	parts func(T) (wanted **int32, there int32, selector *metav1.LabelSelector)
	rest.TableConvertor
}

func scaleOf[T memory.Object[T]](whole *registered, of *resource[T], parts func(T) (**int32, int32, *metav1.LabelSelector)) scale[T] {
	resource := of.collection.Resource()
	return scale[T]{whole.Store, of.collection.Kind().GroupVersion(), resource, parts, rest.NewDefaultTableConvertor(resource)}
}

// New implements rest.Storage.
func (scale[T]) New() runtime.Object { return &autoscalingv1.Scale{} }

// Destroy implements rest.Storage.
func (scale[T]) Destroy() {}

// GroupVersionKind implements rest.GroupVersionKindProvider: a scale is of another group than what it is the scale of.
func (scale[T]) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return autoscalingv1.SchemeGroupVersion.WithKind("Scale")
}

// Get implements rest.Getter.
func (s scale[T]) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	object, err := s.whole.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	return s.of(object)
}

// of is the scale of an object.
func (s scale[T]) of(object runtime.Object) (*autoscalingv1.Scale, error) {
	whole := object.(T)
	wanted, there, labels := s.parts(whole)
	selector, err := metav1.LabelSelectorAsSelector(labels)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{
			Name: whole.GetName(), Namespace: whole.GetNamespace(), UID: whole.GetUID(),
			ResourceVersion: whole.GetResourceVersion(), CreationTimestamp: whole.GetCreationTimestamp(),
		},
		Spec:   autoscalingv1.ScaleSpec{Replicas: valueOr(*wanted, 0)},
		Status: autoscalingv1.ScaleStatus{Replicas: there, Selector: selector.String()},
	}, nil
}

// Update implements rest.Updater.
func (s scale[T]) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, _ rest.ValidateObjectFunc, check rest.ValidateObjectUpdateFunc,
	_ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	object, _, err := s.whole.Update(ctx, name, scaledObject[T]{s, name, info}, rest.ValidateAllObjectFunc,
		func(ctx context.Context, newer, older runtime.Object) error {
			newScale, err := s.of(newer)
			if err != nil {
				return err
			}
			oldScale, err := s.of(older)
			if err != nil {
				return err
			}
			return check(ctx, newScale, oldScale)
		}, false, options)
	if err != nil {
		return nil, false, err
	}
	scale, err := s.of(object)
	return scale, false, err
}

// scaledObject is the object that comes of a change of its scale.
type scaledObject[T memory.Object[T]] struct {
	scale scale[T]
	name  string
	info  rest.UpdatedObjectInfo
}

// Preconditions implements rest.UpdatedObjectInfo.
func (o scaledObject[T]) Preconditions() *metav1.Preconditions { return o.info.Preconditions() }

// UpdatedObject implements rest.UpdatedObjectInfo.
func (o scaledObject[T]) UpdatedObject(ctx context.Context, older runtime.Object) (runtime.Object, error) {
	whole := older.DeepCopyObject().(T)
	scales := o.scale.resource
	scales.Resource += "/scale"
	if whole.GetResourceVersion() == "" {
		return nil, apierrors.NewNotFound(scales, o.name)
	}
	before, err := o.scale.of(whole)
	if err != nil {
		return nil, err
	}
	managers := managedfields.NewScaleHandler(whole.GetManagedFields(), o.scale.version, managedfields.ResourcePathMappings{
		o.scale.version.String(): fieldpath.MakePathOrDie("spec", "replicas"),
	})
	if before.ManagedFields, err = managers.ToSubresource(); err != nil {
		return nil, err
	}
	sent, err := o.info.UpdatedObject(ctx, before)
	if err != nil {
		return nil, err
	}
	after, ok := sent.(*autoscalingv1.Scale)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("expected input object type to be Scale, but %T", sent))
	}
	if errs := validateScale(after); len(errs) > 0 {
		return nil, apierrors.NewInvalid(autoscalingv1.SchemeGroupVersion.WithKind("Scale").GroupKind(), o.name, errs)
	}
	if after.UID != "" && after.UID != whole.GetUID() {
		message := fmt.Sprintf("Precondition failed: UID in precondition: %v, UID in object meta: %v", after.UID, whole.GetUID())
		return nil, apierrors.NewConflict(scales, o.name, errors.New(message))
	}
	wanted, _, _ := o.scale.parts(whole)
	*wanted = &after.Spec.Replicas
	whole.SetResourceVersion(after.ResourceVersion)
	managed, err := managers.ToParent(after.ManagedFields)
	whole.SetManagedFields(managed)
	return whole, err
}

func validateScale(scale *autoscalingv1.Scale) field.ErrorList {
	errs := metavalidation.ValidateManagedFields(scale.ManagedFields, field.NewPath("metadata", "managedFields"))
	return append(errs, apivalidation.ValidateNonnegativeField(int64(scale.Spec.Replicas), field.NewPath("spec", "replicas"))...)
}
