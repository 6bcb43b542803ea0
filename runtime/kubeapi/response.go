package kubeapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// writeJSON answers with the object, which carries its own kind and version.
func writeJSON(w http.ResponseWriter, code int, object any) error {
	return writeAs(w, code, "application/json", object)
}

// writeAs answers with the object as JSON under a media type that says more than that.
func writeAs(w http.ResponseWriter, code int, mediaType string, object any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encoding the response: %w", err)
	}
	writeBody(w, code, mediaType, append(body, '\n'))
	return nil
}

// write answers with the object, which is in this form, in the form's media type.
func (f form) write(w http.ResponseWriter, code int, object any) error {
	if f.mediaType != runtime.ContentTypeYAML {
		return writeJSON(w, code, object)
	}
	body, err := yaml.Marshal(object)
	if err != nil {
		return fmt.Errorf("encoding the response: %w", err)
	}
	writeBody(w, code, f.mediaType, body)
	return nil
}

func writeBody(w http.ResponseWriter, code int, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-cache, private")
	w.WriteHeader(code)
	w.Write(body) // a client that has left needs no answer
}

// writeError answers with the Status of the error.
func writeError(w http.ResponseWriter, err error) {
	status := statusOf(err)
	if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	}
	if err := writeJSON(w, int(status.Code), status); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// statusOf is the error as the API shows it: the Status that it carries, or else an internal error.
func statusOf(err error) *metav1.Status {
	var known apierrors.APIStatus
	if !errors.As(err, &known) {
		known = apierrors.NewInternalError(err)
	}
	status := known.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	status.Status = metav1.StatusFailure
	if status.Code == 0 {
		status.Code = http.StatusInternalServerError
	}
	return &status
}

// withoutPanics answers with status 500 when the handler panics before its response began, and breaks the connection
// off when it had begun.
func withoutPanics(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response := &response{ResponseWriter: w}
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			log.Error("panic while serving the API", "method", r.Method, "path", r.URL.Path,
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if response.began {
				panic(http.ErrAbortHandler)
			}
			writeError(w, apierrors.NewInternalError(fmt.Errorf("panic while serving %s %s", r.Method, r.URL.Path)))
		}()
		next.ServeHTTP(response, r)
	})
}

// response remembers whether anything was sent.
type response struct {
	http.ResponseWriter
	began bool
}

func (r *response) WriteHeader(code int) {
	r.began = true
	r.ResponseWriter.WriteHeader(code)
}

func (r *response) Write(p []byte) (int, error) {
	r.began = true
	return r.ResponseWriter.Write(p)
}

// Hijack lets exec upgrade the connection.
func (r *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.began = true
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController flush.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }
