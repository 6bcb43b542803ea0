package kubeapi

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// media is one entry of an Accept header.
type media struct {
	mediaType string
	params    map[string]string
	quality   float64
}

// is tells whether the entry asks for a kind of an API group.
func (m media) is(group, version, kind string) bool {
	return m.params["g"] == group && m.params["v"] == version && m.params["as"] == kind
}

// accepted is what the client accepts, best first. No header means everything; entries that do not parse are left out.
func accepted(r *http.Request) []media {
	header := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		header = "*/*"
	}
	var list []media
	for entry := range strings.SplitSeq(header, ",") {
		mediaType, params, err := mime.ParseMediaType(entry)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		list = append(list, media{mediaType, params, quality})
	}
	slices.SortStableFunc(list, func(a, b media) int { return cmp.Compare(b.quality, a.quality) })
	return list
}

// representation is how a client wants to see an object.
type representation string

const (
	wholeObject  representation = ""
	asTable      representation = "Table"
	onlyMetadata representation = "PartialObjectMetadata"
)

// form is the representation of a response.
type form struct {
	representation
	// include is how much of its object a row of a table carries.
	include metav1.IncludeObjectPolicy
	// mediaType is runtime.ContentTypeJSON or runtime.ContentTypeYAML.
	mediaType string
}

// objectMedia are the media types of a response that is one object, and watchMedia those of a stream of them, the default first.
var (
	objectMedia = []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML}
	watchMedia  = []string{runtime.ContentTypeJSON}
)

// negotiate picks the form that the client prefers among those of the media types. A client that asks for protobuf or CBOR first gets
// the next entry that it accepts.
func negotiate(r *http.Request, served []string) (form, error) {
	include := metav1.IncludeObjectPolicy(r.URL.Query().Get("includeObject"))
	switch include {
	case "":
		include = metav1.IncludeMetadata
	case metav1.IncludeNone, metav1.IncludeMetadata, metav1.IncludeObject:
	default:
		return form{}, apierrors.NewBadRequest(fmt.Sprintf("unrecognized includeObject value: %q", include))
	}
	for _, media := range accepted(r) {
		mediaType := media.mediaType
		switch {
		case mediaType == "application/*", mediaType == "*/*":
			mediaType = served[0]
		case !slices.Contains(served, mediaType):
			continue
		}
		switch {
		case media.is(metav1.GroupName, "v1", "Table"):
			return form{asTable, include, mediaType}, nil
		case media.is(metav1.GroupName, "v1", "PartialObjectMetadata"), media.is(metav1.GroupName, "v1", "PartialObjectMetadataList"):
			return form{onlyMetadata, include, mediaType}, nil
		case media.params["as"] == "":
			return form{wholeObject, include, mediaType}, nil
		}
	}
	return form{}, &apierrors.StatusError{ErrStatus: metav1.Status{
		Code:    http.StatusNotAcceptable,
		Reason:  metav1.StatusReasonNotAcceptable,
		Message: "only the following media types are accepted: " + strings.Join(served, ", "),
	}}
}
