package kubeapi

import (
	"bytes"
	"cmp"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	"github.com/munnerz/goautoneg"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/handler3"
)

// document is an OpenAPI document, ready to be sent. The handlers of kube-openapi would keep what it was made of too, which is ten times as large.
type document struct {
	json     []byte
	hash     string
	forms    []string // media types: that of JSON, and those of protobuf
	protobuf func() []byte
}

var (
	formsV2 = []string{runtime.ContentTypeJSON,
		"application/com.github.proto-openapi.spec.v2.v1.0+protobuf", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}
	formsV3 = []string{runtime.ContentTypeJSON,
		"application/com.github.proto-openapi.spec.v3.v1.0+protobuf", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"}
)

// newDocument writes the document, and has it in protobuf when somebody wants that.
func newDocument(content json.Marshaler, forms []string, protobuf func(json []byte) ([]byte, error)) *document {
	text, err := content.MarshalJSON()
	if err != nil {
		panic(err) // it was made of definitions
	}
	return &document{json: text, hash: fmt.Sprintf("%X", sha512.Sum512(text)), forms: forms, protobuf: sync.OnceValue(func() []byte {
		binary, err := protobuf(text)
		if err != nil {
			panic(err) // it is a document
		}
		return binary
	})}
}

func protobufV2(json []byte) ([]byte, error) {
	document, err := openapiv2.ParseDocument(json)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(document)
}

func protobufV3(json []byte) ([]byte, error) { return handler3.ToV3ProtoBinary(json) }

// negotiate sends the document in the form that the client likes best.
func (d *document) negotiate(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	content := d.json
	form := goautoneg.Negotiate(cmp.Or(r.Header.Get("Accept"), "*/*"), d.forms)
	switch form {
	case "":
		w.WriteHeader(http.StatusNotAcceptable)
		return
	case runtime.ContentTypeJSON:
	default:
		form, content = d.forms[1], d.protobuf()
	}
	send(w, r, form, d.hash, content)
}

// send sends the content, unless the client says that it has what has that hash.
func send(w http.ResponseWriter, r *http.Request, form, hash string, content []byte) {
	w.Header().Set("Content-Type", form)
	w.Header().Set("ETag", strconv.Quote(hash))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// documents are those of OpenAPI 3, by paths such as apis/batch/v1.
type documents map[string]*document

// serveIndex tells where each of the documents is. The hash in an address lets clients keep the document for as long as they see that address.
func (d documents) serveIndex(w http.ResponseWriter, r *http.Request) {
	index := handler3.OpenAPIV3Discovery{Paths: map[string]handler3.OpenAPIV3DiscoveryGroupVersion{}}
	for path, document := range d {
		index.Paths[path] = handler3.OpenAPIV3DiscoveryGroupVersion{ServerRelativeURL: document.address(path)}
	}
	text, err := json.Marshal(index)
	if err != nil {
		panic(err) // strings only
	}
	send(w, r, runtime.ContentTypeJSON, fmt.Sprintf("%X", sha512.Sum512(text)), text)
}

// address is where the document of a path is, as long as it stays as it is.
func (d *document) address(path string) string {
	return "/openapi/v3/" + path + "?" + url.Values{"hash": {d.hash}}.Encode()
}

// serve sends the document of the path.
func (d documents) serve(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	document, ok := d[path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if hash := r.URL.Query().Get("hash"); hash != "" {
		if hash != document.hash {
			http.Redirect(w, r, document.address(path), http.StatusMovedPermanently)
			return
		}
		w.Header().Set("Cache-Control", "public, immutable")
		w.Header().Set("Expires", time.Now().AddDate(1, 0, 0).UTC().Format(http.TimeFormat))
	}
	document.negotiate(w, r)
}
