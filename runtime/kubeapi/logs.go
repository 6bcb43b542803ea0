package kubeapi

import (
	"context"
	"io"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// logs serves the log of one container, each piece as soon as the node has it, as a stream or in the messages of a WebSocket.
func logs(config Config) action {
	return func(w http.ResponseWriter, r *http.Request, key types.NamespacedName) error {
		options, err := logOptions(r.URL.Query())
		if err != nil {
			return err
		}
		if errs := validateLogOptions(options); len(errs) > 0 {
			return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("PodLogOptions").GroupKind(), key.Name, errs)
		}
		pod, err := config.Store.Pods.Get(key)
		if err != nil {
			return err
		}
		if options.Container, err = containerOf(pod, options.Container); err != nil {
			return err
		}
		log, err := config.Node.Logs(r.Context(), key.Namespace, key.Name, options)
		if err != nil {
			return err
		}
		defer log.Close()
		defer context.AfterFunc(r.Context(), func() { log.Close() })()
		if wsstream.IsWebSocketRequest(r) {
			sendOverWebSocket(w, r, log)
			return nil
		}

		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusOK)
		if err := copyFlushing(w, log); err != nil {
			panic(http.ErrAbortHandler) // the client must not take a cut log for a whole one, also when the server's end cut it
		}
		return nil
	}
}

// copyFlushing copies and lets the client see at once what there is. The error is the one of reading.
func copyFlushing(w http.ResponseWriter, from io.Reader) error {
	flusher := http.NewResponseController(w)
	flusher.Flush()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if _, err := w.Write(piece[:n]); err != nil {
				return nil // the client left
			}
			flusher.Flush()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// validateLogOptions returns what the API server refuses.
func validateLogOptions(options *corev1.PodLogOptions) field.ErrorList {
	var errs field.ErrorList
	if lines := options.TailLines; lines != nil && *lines < 0 {
		errs = append(errs, field.Invalid(field.NewPath("tailLines"), *lines, "must be greater than or equal to 0"))
	}
	if limit := options.LimitBytes; limit != nil && *limit < 1 {
		errs = append(errs, field.Invalid(field.NewPath("limitBytes"), *limit, "must be greater than 0"))
	}
	switch seconds := options.SinceSeconds; {
	case seconds != nil && options.SinceTime != nil:
		errs = append(errs, field.Forbidden(field.NewPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
	case seconds != nil && *seconds < 1:
		errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), *seconds, "must be greater than 0"))
	}
	if stream := options.Stream; stream != nil {
		switch {
		case *stream == corev1.LogStreamAll:
		case *stream != corev1.LogStreamStdout && *stream != corev1.LogStreamStderr:
			errs = append(errs, field.NotSupported(field.NewPath("stream"), *stream,
				[]string{corev1.LogStreamAll, corev1.LogStreamStdout, corev1.LogStreamStderr}))
		case options.TailLines != nil:
			errs = append(errs, field.Forbidden(field.NewPath(""), "`tailLines` and specific `stream` are mutually exclusive for now"))
		}
	}
	return errs
}
