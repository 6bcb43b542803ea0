package kubeapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
)

// savingTime is how long an answer waits until what it tells of outlives the node. On a disk without room that is never.
const savingTime = 5 * time.Second

// changing are the verbs of requests that change objects.
var changing = sets.New("create", "update", "patch", "delete", "deletecollection")

// withDurability answers a request that changed something when that outlives the node, as it outlives an API server. A client that is told
// of a change can count on it.
func withDurability(next http.Handler, saved func(context.Context) error) http.Handler {
	if saved == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, ok := genericapirequest.RequestInfoFrom(r.Context())
		if ok && info.IsResourceRequest && changing.Has(info.Verb) && !slices.Contains(lasting, info.Subresource) {
			w = &durableWriter{ResponseWriter: w, await: func() {
				ctx, cancel := context.WithTimeout(r.Context(), savingTime)
				defer cancel()
				_ = saved(ctx) // who writes tells what is in the way
			}}
		}
		next.ServeHTTP(w, r)
	})
}

// durableWriter is an answer that waits before it begins.
type durableWriter struct {
	http.ResponseWriter
	await func()
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (w *durableWriter) WriteHeader(code int) {
	w.begin(code)
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *durableWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

func (w *durableWriter) begin(code int) {
	if !w.begun && code < http.StatusMultipleChoices {
		w.await()
	}
	w.begun = true
}

// Unwrap is for http.ResponseController.
func (w *durableWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
