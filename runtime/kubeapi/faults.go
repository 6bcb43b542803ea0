package kubeapi

import (
	"encoding/json"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"

	"github.com/podsim/podsim/runtime/fault"
)

// serveFaults serves the faults of pods at the path of package fault. They are no resource of the API: a cluster has none, and clients that
// look around are to find what a cluster has. Who may use the API may do them, for all that can be done to a pod with kubectl is as much.
func serveFaults(mux *http.ServeMux, node Node, known kinds) {
	path := fault.Path("", "")
	path = path[:len("/podsim/v1/namespaces/")] + "{namespace}/pods/{name}/faults"
	answer := func(method string, do func(r *http.Request, namespace, name string) (any, error)) {
		mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
			result, err := do(r, r.PathValue("namespace"), r.PathValue("name"))
			if err != nil {
				responsewriters.ErrorNegotiated(err, known.codecs, schema.GroupVersion{Version: "v1"}, w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(result) // a client that has left needs no answer
		})
	}
	answer(http.MethodGet, func(r *http.Request, namespace, name string) (any, error) {
		return node.Faults(r.Context(), namespace, name)
	})
	answer(http.MethodPost, func(r *http.Request, namespace, name string) (any, error) {
		var f fault.Fault
		decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&f); err != nil {
			return nil, apierrors.NewBadRequest("reading the fault: " + err.Error())
		}
		return node.InjectFault(r.Context(), namespace, name, f)
	})
	answer(http.MethodDelete, func(r *http.Request, namespace, name string) (any, error) {
		return node.ClearFaults(r.Context(), namespace, name, r.URL.Query()["id"])
	})
}
