package kubeapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/sets"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
)

// savingTime is how long an answer waits at most until what it tells of outlives the node.
const savingTime = 5 * time.Second

// changing are the verbs of requests that change objects.
var changing = sets.New("create", "update", "patch", "delete", "deletecollection")

// withDurability answers a request that changed something when that outlives the node, if it is of what does, as it outlives an API server:
// a client that is told of a change can count on it. If that cannot be, the answer has a warning, for the change has been made. version
// is that of the newest change.
func withDurability(next http.Handler, version func() uint64, saved func(context.Context) error) http.Handler {
	if saved == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, ok := genericapirequest.RequestInfoFrom(r.Context())
		if ok && info.IsResourceRequest && changing.Has(info.Verb) && !slices.Contains(lasting, info.Subresource) {
			before, ctx := version(), context.WithoutCancel(r.Context())
			w = &durableWriter{ResponseWriter: w, await: func() error {
				if version() == before {
					return nil
				}
				ctx, cancel := context.WithTimeout(ctx, savingTime)
				defer cancel()
				return saved(ctx)
			}}
		}
		next.ServeHTTP(w, r)
	})
}

// durableWriter is an answer that waits before it begins.
type durableWriter struct {
	http.ResponseWriter
	await func() error
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
		if err := w.await(); err != nil {
			w.warn(fmt.Sprintf("the change is made, and may be lost when the node ends: %v", err))
		}
	}
	w.begun = true
}

func (w *durableWriter) warn(text string) {
	if header, err := utilnet.NewWarningHeader(299, "-", text); err == nil {
		w.Header().Add("Warning", header)
	}
}

// Unwrap is for http.ResponseController.
func (w *durableWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
