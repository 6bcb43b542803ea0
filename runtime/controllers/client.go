package controllers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// clients are what controllers write with.
type clients struct {
	kubernetes.Interface
	metadata metadata.Interface
}

// newClients returns clients of the API in this process. They are not for streams: an answer is whole before it is handed out.
func newClients(api http.Handler) (clients, error) {
	config := &rest.Config{Host: "http://node", Transport: inProcess{api}, QPS: -1, UserAgent: "kube-controller-manager"}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return clients{}, fmt.Errorf("making the controllers' client: %w", err)
	}
	bare, err := metadata.NewForConfig(config)
	if err != nil {
		return clients{}, fmt.Errorf("making the controllers' client: %w", err)
	}
	return clients{typed, bare}, nil
}

// inProcess hands requests to a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.RequestURI, request.RemoteAddr = request.URL.RequestURI(), "127.0.0.1:0"
	if request.Body == nil {
		request.Body = http.NoBody
	}
	defer request.Body.Close()
	answer := &answer{header: http.Header{}, code: http.StatusOK}
	p.handler.ServeHTTP(answer, request)
	return &http.Response{
		Status: http.StatusText(answer.code), StatusCode: answer.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(&answer.body), ContentLength: int64(answer.body.Len()), Request: request,
	}, nil
}

// answer is a response that is kept.
type answer struct {
	header http.Header
	code   int
	began  bool
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	if !a.began {
		a.code, a.began = code, true
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.began = true
	return a.body.Write(p)
}

// Flush implements http.Flusher.
func (a *answer) Flush() {}
