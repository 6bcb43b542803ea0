package kubeapi

import (
	"context"
	"net/http"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
)

// action answers a request about an object, or returns why it cannot. It returns no error after it began its response.
type action func(w http.ResponseWriter, r *http.Request, key types.NamespacedName) error

// stream is a subresource that answers with a stream of its own.
type stream struct {
	kind    runtime.Object
	methods []string
	serve   action
}

// New implements rest.Storage.
func (s stream) New() runtime.Object { return s.kind.DeepCopyObject() }

// Destroy implements rest.Storage.
func (s stream) Destroy() {}

// NewConnectOptions implements rest.Connecter; the actions read the options themselves.
func (s stream) NewConnectOptions() (runtime.Object, bool, string) { return nil, false, "" }

// ConnectMethods implements rest.Connecter.
func (s stream) ConnectMethods() []string { return s.methods }

// Connect implements rest.Connecter.
func (s stream) Connect(ctx context.Context, name string, _ runtime.Object, responder rest.Responder) (http.Handler, error) {
	key := types.NamespacedName{Namespace: genericapirequest.NamespaceValue(ctx), Name: name}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.serve(w, r, key); err != nil {
			responder.Error(withStatus(err))
		}
	}), nil
}
