package kubeapi

import (
	"fmt"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// query reads options out of a URL, for the types of options whose conversion only the API server has. What is absent is
// nil or zero; the first value that cannot be read is the error, of status 400.
type query struct {
	values url.Values
	err    error
}

func logOptions(values url.Values) (*corev1.PodLogOptions, error) {
	q := &query{values: values}
	options := &corev1.PodLogOptions{
		Container:                    q.text("container"),
		Follow:                       q.flag("follow"),
		Previous:                     q.flag("previous"),
		SinceSeconds:                 q.number("sinceSeconds"),
		SinceTime:                    q.time("sinceTime"),
		Timestamps:                   q.flag("timestamps"),
		TailLines:                    q.number("tailLines"),
		LimitBytes:                   q.number("limitBytes"),
		InsecureSkipTLSVerifyBackend: q.flag("insecureSkipTLSVerifyBackend"),
	}
	if values.Has("stream") {
		stream := q.text("stream")
		options.Stream = &stream
	}
	return options, q.err
}

func execOptions(values url.Values) (*corev1.PodExecOptions, error) {
	q := &query{values: values}
	options := &corev1.PodExecOptions{
		Stdin:     q.flag("stdin"),
		Stdout:    q.flag("stdout"),
		Stderr:    q.flag("stderr"),
		TTY:       q.flag("tty"),
		Container: q.text("container"),
		Command:   values["command"],
	}
	return options, q.err
}

func attachOptions(values url.Values) (*corev1.PodAttachOptions, error) {
	q := &query{values: values}
	options := &corev1.PodAttachOptions{
		Stdin: q.flag("stdin"), Stdout: q.flag("stdout"), Stderr: q.flag("stderr"), TTY: q.flag("tty"), Container: q.text("container"),
	}
	return options, q.err
}

func (q *query) text(name string) string { return q.values.Get(name) }

func (q *query) flag(name string) bool {
	return read(q, name, runtime.Convert_Slice_string_To_bool)
}

func (q *query) number(name string) *int64 {
	return read(q, name, runtime.Convert_Slice_string_To_Pointer_int64)
}

func (q *query) time(name string) *metav1.Time {
	if !q.values.Has(name) {
		return nil
	}
	return read(q, name, metav1.Convert_Slice_string_To_Pointer_v1_Time)
}

// read converts the values of one parameter in the way that the API server does.
func read[T, S any](q *query, name string, convert func(*[]string, *T, S) error) T {
	var value T
	var scope S
	values := q.values[name]
	if err := convert(&values, &value, scope); err != nil && q.err == nil {
		q.err = apierrors.NewBadRequest(fmt.Sprintf("reading the parameter %s: %v", name, err))
	}
	return value
}
