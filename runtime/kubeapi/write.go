package kubeapi

import (
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/kubernetes/scheme"
)

func (r *resource[T]) serveCreate(w http.ResponseWriter, req *http.Request) error {
	form, object, err := r.receive(w, req)
	if err != nil {
		return err
	}
	if object.GetName() == "" && object.GetGenerateName() != "" {
		object.SetName(generatedName(object.GetGenerateName()))
	}
	dropServerFields(object)
	if err := r.complete(object); err != nil {
		return err
	}
	created, err := r.create(req.Context(), object)
	if err != nil {
		return err
	}
	if r.warnings != nil {
		warn(w, r.warnings(req.Context(), created))
	}
	return form.write(w, http.StatusCreated, r.one(form, created))
}

// dropServerFields takes out of a new object what only a server says of one, and what a client that copies another object sends along.
func dropServerFields(object metav1.Object) {
	object.SetUID("")
	object.SetResourceVersion("")
	object.SetCreationTimestamp(metav1.Time{})
	object.SetDeletionTimestamp(nil)
	object.SetDeletionGracePeriodSeconds(nil)
	object.SetSelfLink("")
	object.SetManagedFields(nil) // who manages which field is not kept here
}

func (r *resource[T]) serveRemove(w http.ResponseWriter, req *http.Request) error {
	options, err := deleteOptions(w, req)
	if err != nil {
		return err
	}
	removed, err := r.remove(req.Context(), keyOf(req), options)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, removed)
}

// receive reads the object that the client sends and puts it into the namespace of the path.
func (r *resource[T]) receive(w http.ResponseWriter, req *http.Request) (form, T, error) {
	object := r.empty()
	form, err := negotiate(req, objectMedia)
	if err != nil {
		return form, object, err
	}
	if err := refuseDryRun(req.URL.Query()["dryRun"]); err != nil {
		return form, object, err
	}
	body, err := readBody(w, req)
	if err != nil {
		return form, object, err
	}
	check, err := fieldValidation(req)
	if err != nil {
		return form, object, err
	}
	if err := check.judge(w, decode(body, req.Header.Get("Content-Type"), r.Kind(), object)); err != nil {
		return form, object, err
	}
	namespace := req.PathValue("namespace")
	if given := object.GetNamespace(); given != "" && given != namespace {
		return form, object, apierrors.NewBadRequest(fmt.Sprintf(
			"the namespace of the provided object does not match the namespace sent on the request: %s is not %s", given, namespace))
	}
	object.SetNamespace(namespace)
	return form, object, nil
}

// complete defaults the object and refuses it with status 422 when it is not valid then.
func (r *resource[T]) complete(object T) error {
	if errs := r.finish(object); len(errs) > 0 {
		return apierrors.NewInvalid(r.Kind().GroupKind(), object.GetName(), errs)
	}
	return nil
}

// deleteOptions are those of the body, or of the query when there is no body.
func deleteOptions(w http.ResponseWriter, req *http.Request) (*metav1.DeleteOptions, error) {
	options := &metav1.DeleteOptions{}
	body, err := readBody(w, req)
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		err = ignoreFields.judge(w, decode(body, req.Header.Get("Content-Type"), schema.GroupVersionKind{Version: "v1", Kind: "DeleteOptions"}, options))
	} else if err = scheme.ParameterCodec.DecodeParameters(req.URL.Query(), metav1.SchemeGroupVersion, options); err != nil {
		err = apierrors.NewBadRequest(err.Error())
	}
	if err != nil {
		return nil, err
	}
	return options, refuseDryRun(options.DryRun)
}

// refuseDryRun keeps a request that must have no effect from having one.
func refuseDryRun(dryRun []string) error {
	if len(dryRun) > 0 {
		return apierrors.NewBadRequest("podsim does not support dryRun")
	}
	return nil
}

// generatedName is base and five random characters, cut to the length of a label as the API server does.
func generatedName(base string) string {
	const suffix, limit = 5, 63
	return base[:min(len(base), limit-suffix)] + rand.String(suffix)
}
