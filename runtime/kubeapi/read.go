package kubeapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metascheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func (r *resource[T]) serveGet(w http.ResponseWriter, req *http.Request) error {
	form, err := negotiate(req, objectMedia)
	if err != nil {
		return err
	}
	object, err := r.Get(keyOf(req))
	if err != nil {
		return err
	}
	return form.write(w, http.StatusOK, r.one(form, object))
}

func (r *resource[T]) serveList(w http.ResponseWriter, req *http.Request) error {
	options, err := r.listOptions(req)
	if err != nil {
		return err
	}
	media := objectMedia
	if options.Watch {
		media = watchMedia
	}
	form, err := negotiate(req, media)
	if err != nil {
		return err
	}
	if options.Watch {
		return r.serveWatch(w, req, form, options)
	}
	objects, version := r.List(req.PathValue("namespace"))
	if err := checkListVersion(options, version); err != nil {
		return err
	}
	objects = slices.DeleteFunc(objects, func(object T) bool { return !r.selects(options, object) })
	return form.write(w, http.StatusOK, r.many(form, objects, version))
}

// listOptions are the valid options of a list or watch request.
func (r *resource[T]) listOptions(req *http.Request) (*internalversion.ListOptions, error) {
	options := &internalversion.ListOptions{}
	if err := metascheme.ParameterCodec.DecodeParameters(req.URL.Query(), metav1.SchemeGroupVersion, options); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if errs := validation.ValidateListOptions(options, true); len(errs) > 0 {
		return nil, apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "ListOptions"}, "", errs)
	}
	if options.FieldSelector != nil {
		known := r.fields(r.empty())
		for _, term := range options.FieldSelector.Requirements() {
			if !known.Has(term.Field) {
				return nil, apierrors.NewBadRequest(fmt.Sprintf("field label not supported: %s", term.Field))
			}
		}
	}
	if options.Continue != "" {
		// Lists are never cut into pieces here: a token is one of another server.
		return nil, apierrors.NewResourceExpired("the provided continue parameter is too old; start a new list without it")
	}
	if _, err := requestedVersion(options); err != nil {
		return nil, err
	}
	return options, nil
}

// selects tells whether the object satisfies the label and the field selector.
func (r *resource[T]) selects(options *internalversion.ListOptions, object T) bool {
	if options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(object.GetLabels())) {
		return false
	}
	return options.FieldSelector == nil || options.FieldSelector.Matches(r.fields(object))
}

// requestedVersion is the resourceVersion of the options; 0 when there is none or when any will do.
func requestedVersion(options *internalversion.ListOptions) (uint64, error) {
	if options.ResourceVersion == "" {
		return 0, nil
	}
	version, err := strconv.ParseUint(options.ResourceVersion, 10, 64)
	if err != nil {
		return 0, apierrors.NewBadRequest(fmt.Sprintf("invalid resource version %q: %v", options.ResourceVersion, err))
	}
	return version, nil
}

// checkListVersion refuses a list of the newest objects, at version current, to a client that asked for another version.
func checkListVersion(options *internalversion.ListOptions, current uint64) error {
	version, err := requestedVersion(options)
	switch {
	case err != nil:
		return err
	case version > current:
		return tooLarge(version, current)
	case options.ResourceVersionMatch == metav1.ResourceVersionMatchExact && version != current:
		return apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", version, current))
	}
	return nil
}

// tooLarge answers a client that knows a version of the future, as that of another server; it lists anew. It is not told to
// retry: the version will not come.
func tooLarge(version, current uint64) error {
	err := apierrors.NewTimeoutError(fmt.Sprintf("Too large resource version: %d, current: %d", version, current), 0)
	err.ErrStatus.Details.Causes = []metav1.StatusCause{
		{Type: metav1.CauseTypeResourceVersionTooLarge, Message: "Too large resource version"},
	}
	return err
}
