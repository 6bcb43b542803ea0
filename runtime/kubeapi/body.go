package kubeapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// bodyLimit is the size in bytes above which the API server refuses a request.
const bodyLimit = 3 << 20

// readBody reads what the client sent.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", tooLarge.Limit))
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("unable to read the request: %v", err))
	}
	return body, nil
}

// decode reads a body of the given media type (JSON, YAML or protobuf; "" is JSON) into the object, which is of the given
// kind. Unknown and duplicate fields are errors (S1.1), and the object is complete without them. Errors are of status 400 or 415.
func decode(body []byte, contentType string, kind schema.GroupVersionKind, into runtime.Object) error {
	serializer, err := serializerFor(contentType)
	if err != nil {
		return err
	}
	decoded, actual, err := serializer.Decode(body, &kind, into)
	strict, _ := runtime.AsStrictDecodingError(err)
	if err != nil && (strict == nil || decoded == nil) {
		return unhandled(kind, err)
	}
	if decoded != into {
		return apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): it is a %s of %s",
			kind.Kind, actual.Kind, actual.GroupVersion()))
	}
	if strict != nil {
		return &fieldsError{unhandled(kind, err), strict.Errors()}
	}
	return nil
}

// unhandled is the error of a body that is no object of the kind.
func unhandled(kind schema.GroupVersionKind, err error) error {
	return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", kind.Kind, kind.GroupVersion(), kind.Kind, err))
}

func serializerFor(contentType string) (runtime.Serializer, error) {
	if contentType == "" {
		contentType = runtime.ContentTypeJSON
	}
	supported := scheme.Codecs.SupportedMediaTypes()
	mediaType, _, err := mime.ParseMediaType(contentType)
	info, known := runtime.SerializerInfoForMediaType(supported, mediaType)
	if err != nil || !known {
		var names []string
		for _, info := range supported {
			names = append(names, info.MediaType)
		}
		return nil, unsupportedMediaType(names)
	}
	if info.StrictSerializer != nil {
		return info.StrictSerializer, nil
	}
	return info.Serializer, nil
}

// unsupportedMediaType is the error of status 415, which names what would be accepted.
func unsupportedMediaType[T ~string](accepted []T) error {
	var names []string
	for _, name := range accepted {
		names = append(names, string(name))
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Code:    http.StatusUnsupportedMediaType,
		Reason:  metav1.StatusReasonUnsupportedMediaType,
		Message: "the body of the request was in an unknown format - accepted media types include: " + strings.Join(names, ", "),
	}}
}
