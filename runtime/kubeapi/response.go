package kubeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
)

// writeJSON answers with an object that carries its own kind and version.
func writeJSON(w http.ResponseWriter, code int, object any) {
	body, err := json.Marshal(object)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // a client that has left needs no answer
}

// withStatus is the error as the API shows it: as it is if it carries a Status, or else as an internal error.
func withStatus(err error) error {
	var known apierrors.APIStatus
	if err == nil || errors.As(err, &known) {
		return err
	}
	return apierrors.NewInternalError(err)
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
			status := apierrors.NewInternalError(fmt.Errorf("panic while serving %s %s", r.Method, r.URL.Path)).Status()
			status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
			writeJSON(w, int(status.Code), &status)
		}()
		next.ServeHTTP(responsewriter.WrapForHTTP1Or2(response), r)
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

// Unwrap implements responsewriter.UserProvidedDecorator.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }
