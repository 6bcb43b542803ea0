package exit

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilexec "k8s.io/utils/exec"
)

func TestReportChoosesCodeAndWords(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	for _, c := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"no error", nil, 0, ""},
		{"a plain error gets kubectl's prefix", errors.New("doing x: y"), 1, "error: doing x: y\n"},
		{"an API error reads like kubectl's", apierrors.NewNotFound(pods, "web"), 1, "Error from server (NotFound): pods \"web\" not found\n"},
		{"a code of its own keeps the words", WithCode(2, errors.New("pod.yaml: bad")), 2, "error: pod.yaml: bad\n"},
		{"an API error with a code of its own", WithCode(1, apierrors.NewNotFound(pods, "web")), 1, "Error from server (NotFound): pods \"web\" not found\n"},
		{"worded errors are printed as they are", WithWords(2, "one\ntwo\n"), 2, "one\ntwo\n"},
		{"silent errors print nothing", Silently(1), 1, ""},
		{"a wrapped code is found", fmt.Errorf("up: %w", Silently(3)), 3, ""},
		{"a wrapped code keeps the words around it", fmt.Errorf("up: %w", WithCode(3, errors.New("interrupted"))), 3, "error: up: interrupted\n"},
		{"a join of one error is that error", errors.Join(apierrors.NewNotFound(pods, "web"), nil), 1, "Error from server (NotFound): pods \"web\" not found\n"},
		{"joined errors are told one by one", errors.Join(errors.Join(WithCode(2, errors.New("one"))), apierrors.NewNotFound(pods, "web")), 2, "error: one\nError from server (NotFound): pods \"web\" not found\n"},
		{"a sentence with several causes stays one", fmt.Errorf("%w: %w", errors.New("one"), errors.New("two")), 1, "error: one: two\n"},
		{"exec ends with the command's code", utilexec.CodeExitError{Err: errors.New("command terminated with exit code 7"), Code: 7}, 7, "command terminated with exit code 7\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, text := Report(c.err)
			if code != c.code || text != c.text {
				t.Errorf("got %d %q, want %d %q", code, text, c.code, c.text)
			}
		})
	}
	if WithCode(2, nil) != nil {
		t.Error("WithCode of no error is an error")
	}
}
