package kubeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// maxPatchOperations is the number of operations of a JSON patch above which the API server refuses it.
const maxPatchOperations = 10000

// patch is what a client wants to be different in a stored object.
type patch struct {
	kind types.PatchType
	body []byte
}

// readPatch reads a patch of one of the kinds that are served. Errors are of status 400, 413 or 415.
func readPatch(w http.ResponseWriter, r *http.Request) (patch, error) {
	served := []types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind := types.PatchType(mediaType); err == nil && slices.Contains(served, kind) {
		body, err := readBody(w, r)
		return patch{kind, body}, err
	}
	return patch{}, unsupportedMediaType(served)
}

// apply makes patched, which is empty, what the patch makes of an object. Errors are those of the API server; fields that are unknown or
// given twice are one, and patched is complete without them.
func (p patch) apply(object, patched runtime.Object) error {
	before, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encoding the object to be patched: %w", err)
	}
	after, err := p.applyTo(before, patched)
	if err != nil {
		return err
	}
	unknown, err := kjson.UnmarshalStrict(after, patched)
	if err != nil {
		return p.invalid(err)
	}
	if len(unknown) > 0 {
		return &fieldsError{p.invalid(runtime.NewStrictDecodingError(unknown)), unknown}
	}
	return nil
}

// invalid is the error of a patch that makes no object.
func (p patch) invalid(err error) error {
	return apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), string(p.body), err.Error())})
}

// applyTo patches JSON; like is of the type that the JSON describes.
func (p patch) applyTo(before []byte, like runtime.Object) ([]byte, error) {
	switch p.kind {
	case types.JSONPatchType:
		return p.applyOperations(before)
	case types.MergePatchType:
		after, err := jsonpatch.MergePatch(before, p.body)
		if errors.Is(err, jsonpatch.ErrBadJSONPatch) {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		return after, err
	default:
		after, err := strategicpatch.StrategicMergePatch(before, p.body, like)
		switch {
		case err == nil:
			return after, nil
		case slices.Contains([]error{mergepatch.ErrNoListOfLists, mergepatch.ErrPatchContentNotMatchRetainKeys}, err):
			return nil, unprocessable(err)
		}
		return nil, apierrors.NewBadRequest(err.Error())
	}
}

// applyOperations applies a JSON patch (RFC 6902).
func (p patch) applyOperations(before []byte) ([]byte, error) {
	operations, err := jsonpatch.DecodePatch(p.body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if len(operations) > maxPatchOperations {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf(
			"The allowed maximum operations in a JSON patch is %d, got %d", maxPatchOperations, len(operations)))
	}
	after, err := operations.Apply(before)
	if err != nil {
		return nil, unprocessable(err)
	}
	return after, nil
}

// unprocessable is the API server's answer to a patch that is in order and does not fit the object.
func unprocessable(err error) error {
	return apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", err.Error(), 0, false)
}
