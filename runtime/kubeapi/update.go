package kubeapi

import (
	"context"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// update is a way in which clients change stored objects: all of an object, or the part that a subresource is about. It is asked for
// with PUT, which sends the newer object, and with PATCH, which sends what is to be different.
type update[T object[T]] struct {
	// take brings what a client sent into the stored object, and returns what is wrong with it then; what it made of the stored object
	// is not kept in that case.
	take func(stored, sent T) field.ErrorList
	// change has a stored object changed and returns it.
	change func(ctx context.Context, key types.NamespacedName, change func(stored T) error) (T, error)
}

// servePut takes the object that the client sends.
func (r *resource[T]) servePut(u *update[T]) action {
	return func(w http.ResponseWriter, req *http.Request) error {
		form, sent, err := r.receive(w, req)
		if err != nil {
			return err
		}
		key := keyOf(req)
		if err := checkKey(sent, key); err != nil {
			return err
		}
		updated, err := r.update(req.Context(), u, key, func(T) (T, error) { return sent, nil })
		if err != nil {
			return err
		}
		return form.write(w, http.StatusOK, r.one(form, updated))
	}
}

// servePatch takes what the client's patch makes of the stored object.
func (r *resource[T]) servePatch(u *update[T]) action {
	return func(w http.ResponseWriter, req *http.Request) error {
		form, err := negotiate(req, objectMedia)
		if err != nil {
			return err
		}
		if err := refuseDryRun(req.URL.Query()["dryRun"]); err != nil {
			return err
		}
		patch, err := readPatch(w, req)
		if err != nil {
			return err
		}
		check, err := fieldValidation(req)
		if err != nil {
			return err
		}
		key := keyOf(req)
		updated, err := r.update(req.Context(), u, key, func(stored T) (T, error) {
			patched := r.empty()
			if err := check.judge(w, patch.apply(stored, patched)); err != nil {
				return patched, err
			}
			return patched, checkKey(patched, key)
		})
		if err != nil {
			return err
		}
		return form.write(w, http.StatusOK, r.one(form, updated))
	}
}

// update changes a stored object to what newer, which must not call the store, makes of it. An object that was read before the newest
// change, or of another object of the name, is a conflict, before anything else is said of it.
func (r *resource[T]) update(ctx context.Context, u *update[T], key types.NamespacedName, newer func(stored T) (T, error)) (T, error) {
	return u.change(ctx, key, func(stored T) error {
		sent, err := newer(stored)
		if err != nil {
			return err
		}
		if uid := sent.GetUID(); uid != "" {
			if err := r.watched.CheckPreconditions(stored, metav1.NewUIDPreconditions(string(uid))); err != nil {
				return err
			}
		}
		version := stored.GetResourceVersion()
		if given := sent.GetResourceVersion(); given != "" && given != version {
			stored.SetResourceVersion(given) // which the store refuses
			return nil
		}
		if errs := u.take(stored, sent); len(errs) > 0 {
			return apierrors.NewInvalid(r.Kind().GroupKind(), key.Name, errs)
		}
		stored.SetResourceVersion(version)
		return nil
	})
}

// takeWhole is the take of an object that clients may change as they like, but for what a server alone says of it and for what its kind
// does not let change.
func (r *resource[T]) takeWhole(stored, sent T) field.ErrorList {
	sent.SetUID(stored.GetUID())
	sent.SetResourceVersion(stored.GetResourceVersion())
	sent.SetGeneration(stored.GetGeneration())
	sent.SetCreationTimestamp(stored.GetCreationTimestamp())
	sent.SetDeletionTimestamp(stored.GetDeletionTimestamp())
	sent.SetDeletionGracePeriodSeconds(stored.GetDeletionGracePeriodSeconds())
	sent.SetSelfLink("")
	sent.SetManagedFields(nil)
	errs := r.finishUpdate(sent, stored)
	sent.DeepCopyInto(stored)
	return errs
}

// checkKey refuses an object of another name or namespace than that of the request's path.
func checkKey(sent metav1.Object, key types.NamespacedName) error {
	if name := sent.GetName(); name != key.Name {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", name, key.Name))
	}
	if namespace := sent.GetNamespace(); namespace != key.Namespace {
		return apierrors.NewBadRequest(fmt.Sprintf(
			"the namespace of the provided object does not match the namespace sent on the request: %s is not %s", namespace, key.Namespace))
	}
	return nil
}
