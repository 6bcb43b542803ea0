package runtime

import (
	"bytes"
	"io"
	"strings"
)

// runtimeErrorMark begins what the engine writes in place of a command's output when the command could not be started.
const runtimeErrorMark = "OCI runtime exec failed"

// runtimeErrorFilter passes output on, but holds it back as long as it may be the engine's own words about a command that could not
// be started.
type runtimeErrorFilter struct {
	to     io.Writer
	held   bytes.Buffer
	passed bool
}

func (f *runtimeErrorFilter) Write(p []byte) (int, error) {
	if f.passed {
		return f.to.Write(p)
	}
	f.held.Write(p)
	n := min(f.held.Len(), len(runtimeErrorMark))
	if string(f.held.Bytes()[:n]) == runtimeErrorMark[:n] {
		return len(p), nil
	}
	return len(p), f.flush()
}

// runtimeError is what was held back, if it is the engine's words.
func (f *runtimeErrorFilter) runtimeError() (string, bool) {
	text := strings.TrimSpace(f.held.String())
	return text, !f.passed && strings.HasPrefix(text, runtimeErrorMark)
}

// flush passes on what was held back.
func (f *runtimeErrorFilter) flush() error {
	f.passed = true
	_, err := f.held.WriteTo(f.to)
	return err
}
