package kubeapi

import (
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// fieldCheck is what a client wants to hear of fields that are unknown or given twice: one of the metav1.FieldValidation values.
type fieldCheck string

const ignoreFields fieldCheck = metav1.FieldValidationIgnore

// fieldValidation is the check that a request asks for. Without a word it is a warning, as in an API server; kubectl asks to be strict.
func fieldValidation(r *http.Request) (fieldCheck, error) {
	value := r.URL.Query().Get("fieldValidation")
	if errs := validation.ValidateFieldValidation(field.NewPath("fieldValidation"), value); len(errs) > 0 {
		return "", apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: optionsKind(r)}, "", errs)
	}
	if value == "" {
		value = metav1.FieldValidationWarn
	}
	return fieldCheck(value), nil
}

// optionsKind is the kind that the API server takes a writing request's parameters for.
func optionsKind(r *http.Request) string {
	switch r.Method {
	case http.MethodPost:
		return "CreateOptions"
	case http.MethodPatch:
		return "PatchOptions"
	default:
		return "UpdateOptions"
	}
}

// fieldsError is the error of an object that is complete but for fields that are unknown or given twice.
type fieldsError struct {
	error          // what a strict client gets
	fields []error // one a field
}

func (e *fieldsError) Unwrap() error { return e.error }

// judge returns the error of reading an object unless the client wants to have the object stored all the same. It must be called before
// the response begins.
func (c fieldCheck) judge(w http.ResponseWriter, err error) error {
	var complaint *fieldsError
	if c == metav1.FieldValidationStrict || !errors.As(err, &complaint) {
		return err
	}
	if c == metav1.FieldValidationWarn {
		texts := make([]string, len(complaint.fields))
		for i, f := range complaint.fields {
			texts[i] = f.Error()
		}
		warn(w, texts)
	}
	return nil
}

// warn adds warnings to a response that has not begun yet.
func warn(w http.ResponseWriter, texts []string) {
	const miscellaneous = 299 // the code of every warning of an API server
	for _, text := range texts {
		if header, err := utilnet.NewWarningHeader(miscellaneous, "-", text); err == nil { // else it holds what no header can
			w.Header().Add("Warning", header)
		}
	}
}
