package kubeapi

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// requestTime is how long a request may take that does not last by its nature, as with an API server.
const requestTime = time.Minute

// lasting are the parts of resources whose requests last for as long as both ends like. A client may leave a log unread for hours.
var lasting = []string{"attach", "exec", "log", "portforward", "proxy"}

// withDeadlines drops clients that send no more, and those that do not take what they asked for: a request has limit to come and to be
// answered in, and a watch drops a client that has not taken an event for as long, who can watch again from the last event it has.
// What a client says of how long a request may take is to be a duration; the node takes no longer than it must.
func withDeadlines(next http.Handler, limit time.Duration, codecs runtime.NegotiatedSerializer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, ok := genericapirequest.RequestInfoFrom(r.Context())
		control := http.NewResponseController(w)
		switch {
		case !ok, slices.Contains(lasting, info.Subresource), !info.IsResourceRequest && r.Method != http.MethodGet:
		case info.Verb == "watch" && wsstream.IsWebSocketRequest(r): // it takes the connection, and hears of it when its client leaves
		case info.Verb == "watch":
			w = eagerWriter{w, control, limit}
		default:
			if _, err := time.ParseDuration(cmp.Or(r.URL.Query().Get("timeout"), "0")); err != nil {
				refusal := apierrors.NewBadRequest("invalid timeout specified in the request URL - " + err.Error())
				responsewriters.ErrorNegotiated(refusal, codecs, schema.GroupVersion{Group: info.APIGroup, Version: info.APIVersion}, w, r)
				return
			}
			end := time.Now().Add(limit)
			_ = control.SetReadDeadline(end) // every connection has deadlines
			_ = control.SetWriteDeadline(end)
		}
		next.ServeHTTP(w, r)
	})
}

// eagerWriter is a response that a client must not leave unread.
type eagerWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

// Write implements http.ResponseWriter.
func (w eagerWriter) Write(p []byte) (n int, err error) {
	w.within(func() { n, err = w.ResponseWriter.Write(p) })
	return n, err
}

// Flush implements http.Flusher.
func (w eagerWriter) Flush() {
	w.within(func() { _ = w.control.Flush() }) // the next Write has the error
}

// CloseNotify implements http.CloseNotifier, without which the API server's watch takes no response.
func (w eagerWriter) CloseNotify() <-chan bool {
	//lint:ignore SA1019 the API server's handlers ask for it
	return w.ResponseWriter.(http.CloseNotifier).CloseNotify()
}

// within does something with the response in the time that the client has for it. Between, there is no deadline: no news is no fault of
// the client's.
func (w eagerWriter) within(do func()) {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.limit))
	do()
	_ = w.control.SetWriteDeadline(time.Time{})
}

// Unwrap is for http.ResponseController.
func (w eagerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
