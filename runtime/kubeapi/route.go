package kubeapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// action answers a request, or returns why it cannot. It returns no error after it began its response.
type action func(w http.ResponseWriter, r *http.Request) error

// methods is what one path does, by HTTP method.
type methods map[string]action

// routes is what the API does, by path in the form of http.ServeMux.
type routes map[string]methods

func (api routes) add(method, path string, act action) {
	if api[path] == nil {
		api[path] = methods{}
	}
	api[path][method] = act
}

func (api routes) addPaths(more routes) { maps.Copy(api, more) }

// handler serves the routes, and errors of the API at every other path and method.
func (api routes) handler() http.Handler {
	mux := http.NewServeMux()
	for path, served := range api {
		mux.Handle(path, served)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, apierrors.NewGenericServerResponse(http.StatusNotFound, "", schema.GroupResource{}, "", "", 0, false))
	})
	return mux
}

func (served methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	act, allowed := served[r.Method]
	if !allowed {
		w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(served)), ", "))
		writeError(w, &apierrors.StatusError{ErrStatus: metav1.Status{
			Code:    http.StatusMethodNotAllowed,
			Reason:  metav1.StatusReasonMethodNotAllowed,
			Message: "the server does not allow this method on the requested resource",
		}})
		return
	}
	if err := act(w, r); err != nil {
		writeError(w, err)
	}
}
