package kubeapi

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/clock"

	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/store"
)

func pods(config Config) *resource[*corev1.Pod] {
	return &resource[*corev1.Pod]{
		source: config.Store.Pods, watched: config.Store.Pods, clock: config.Clock,
		table: podTable(),
		fields: func(pod *corev1.Pod) fields.Set {
			return with(metadataFields(pod), fields.Set{
				"spec.nodeName":      pod.Spec.NodeName,
				"spec.restartPolicy": string(pod.Spec.RestartPolicy),
				"status.phase":       string(pod.Status.Phase),
				"status.podIP":       pod.Status.PodIP,
			})
		},
		finish:   finishPod(config.FeatureGates),
		create:   config.Node.CreatePod,
		warnings: config.Node.Warnings,
		updates:  podItself(config),
		remove: func(ctx context.Context, key types.NamespacedName, options *metav1.DeleteOptions) (any, error) {
			pod, err := config.Node.DeletePod(ctx, key.Namespace, key.Name, options)
			return pod, err
		},
	}
}

// changePod is how the node lets its pods be changed.
func changePod(node Node) func(context.Context, types.NamespacedName, func(*corev1.Pod) error) (*corev1.Pod, error) {
	return func(ctx context.Context, key types.NamespacedName, change func(*corev1.Pod) error) (*corev1.Pod, error) {
		return node.UpdatePod(ctx, key.Namespace, key.Name, change)
	}
}

func configMaps(config Config) *resource[*corev1.ConfigMap] {
	configMaps := stored(config.Store.ConfigMaps, config.Clock, configMapTable(), metadataFields[*corev1.ConfigMap])
	configMaps.finish = validation.ValidateConfigMap // which has no defaults
	configMaps.finishUpdate = validation.ValidateConfigMapUpdate
	return configMaps
}

func secrets(config Config) *resource[*corev1.Secret] {
	secrets := stored(config.Store.Secrets, config.Clock, secretTable(), func(secret *corev1.Secret) fields.Set {
		return with(metadataFields(secret), fields.Set{"type": string(secret.Type)})
	})
	secrets.finish, secrets.finishUpdate = finishSecret, finishSecretUpdate
	return secrets
}

func claims(config Config) *resource[*corev1.PersistentVolumeClaim] {
	claims := stored(config.Store.Claims, config.Clock, claimTable(), metadataFields[*corev1.PersistentVolumeClaim])
	claims.finish, claims.finishUpdate = finishClaim, finishClaimUpdate
	create := claims.create
	claims.create = func(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolumeClaim, error) {
		if err := config.Node.AdoptClaims(ctx); err != nil { // else a volume that another node made would be taken for this claim's own
			return nil, err
		}
		claim.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
		return create(ctx, claim)
	}
	claims.updates.take = func(stored, sent *corev1.PersistentVolumeClaim) field.ErrorList {
		sent.Status = stored.Status // is not the client's to write
		return claims.takeWhole(stored, sent)
	}
	claims.remove = func(ctx context.Context, key types.NamespacedName, options *metav1.DeleteOptions) (any, error) {
		claim, err := config.Store.Claims.Get(key)
		if err != nil {
			return nil, err
		}
		if err := config.Store.Claims.CheckPreconditions(claim, options.Preconditions); err != nil {
			return nil, err
		}
		return claim, config.Node.DeleteClaim(ctx, key.Namespace, key.Name)
	}
	return claims
}

func events(config Config) *resource[*corev1.Event] {
	return &resource[*corev1.Event]{
		source: config.Store.Events, watched: config.Store.Events, clock: config.Clock,
		table: eventTable(),
		fields: func(event *corev1.Event) fields.Set {
			about := event.InvolvedObject
			return with(metadataFields(event), fields.Set{
				"involvedObject.kind":            about.Kind,
				"involvedObject.namespace":       about.Namespace,
				"involvedObject.name":            about.Name,
				"involvedObject.uid":             string(about.UID),
				"involvedObject.apiVersion":      about.APIVersion,
				"involvedObject.resourceVersion": about.ResourceVersion,
				"involvedObject.fieldPath":       about.FieldPath,
				"reason":                         event.Reason,
				"reportingComponent":             event.ReportingController,
				"source":                         event.Source.Component,
				"type":                           event.Type,
			})
		},
	}
}

// stored is a resource that lives in the store alone.
func stored[T object[T]](collection *store.Collection[T], clock clock.PassiveClock, table table[T], fieldsOf func(T) fields.Set) *resource[T] {
	r := &resource[T]{
		source: collection, watched: collection, clock: clock, table: table, fields: fieldsOf,
		create: func(_ context.Context, object T) (T, error) {
			object.SetUID(uuid.NewUUID())
			object.SetCreationTimestamp(metav1.NewTime(clock.Now()).Rfc3339Copy())
			return collection.Create(object)
		},
		remove: func(_ context.Context, key types.NamespacedName, options *metav1.DeleteOptions) (any, error) {
			removed, err := collection.Delete(key, options.Preconditions)
			if err != nil {
				return nil, err
			}
			return &metav1.Status{
				TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
				Status:   metav1.StatusSuccess,
				Details:  &metav1.StatusDetails{Name: key.Name, Kind: collection.Resource().Resource, UID: removed.GetUID()},
			}, nil
		},
	}
	r.updates = &update[T]{
		take: r.takeWhole,
		change: func(_ context.Context, key types.NamespacedName, change func(T) error) (T, error) {
			return collection.Update(key, change)
		},
	}
	return r
}

// metadataFields are the fields that selectors see of every kind.
func metadataFields[T metav1.Object](object T) fields.Set {
	return fields.Set{"metadata.name": object.GetName(), "metadata.namespace": object.GetNamespace()}
}

// with adds more fields to a set.
func with(set, more fields.Set) fields.Set {
	for name, value := range more {
		set[name] = value
	}
	return set
}
