package splice

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestADirectionCarriesBytesUntilItsEnd(t *testing.T) {
	long := strings.Repeat("0123456789", 10_000) // several frames
	var stream bytes.Buffer
	w := NewWriter(&stream)
	for _, text := range []string{"a", "", long} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d bytes of %d, error %v", n, len(text), err)
		}
	}
	if err := w.End(nil); err != nil {
		t.Fatal(err)
	}
	stream.WriteString("what comes after the end is nobody's")
	got, err := io.ReadAll(NewReader(bufio.NewReader(&stream)))
	if err != nil || string(got) != "a"+long {
		t.Errorf("read %d bytes, error %v", len(got), err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a write after the end gives %v", err)
	}
}

func TestTheReaderIsToldWhyADirectionEnds(t *testing.T) {
	var stream bytes.Buffer
	NewWriter(&stream).End(errors.New("connection reset by peer"))
	r := NewReader(bufio.NewReader(&stream))
	for range 2 {
		if _, err := r.Read(make([]byte, 1)); err == nil || err.Error() != "connection reset by peer" {
			t.Errorf("got %v", err)
		}
	}
}

func TestAStreamThatIsNoConversationIsAnError(t *testing.T) {
	tests := map[string]string{
		"":                        "unexpected EOF",
		"d\x00\x00":               "unexpected EOF",
		"d\x00\x00\x00\x05abc":    "unexpected EOF",
		"e\x00\x00\x00\x05abc":    "unexpected EOF",
		"OCI runtime exec failed": `no frame begins with "OCI r"`,
		"d\xff\xff\xff\xff":       `no frame begins with "d\xff\xff\xff\xff"`,
		"e\x00\x01\x00\x00":       `no frame begins with "e\x00\x01\x00\x00"`,
	}
	for stream, want := range tests {
		if _, err := io.ReadAll(NewReader(bufio.NewReader(strings.NewReader(stream)))); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", stream, err, want)
		}
	}
}

// haltingReader gives one byte at a time, and before each of them a deadline passes.
type haltingReader struct {
	from   io.Reader
	passed bool
}

func (r *haltingReader) Read(p []byte) (int, error) {
	r.passed = !r.passed
	if r.passed {
		return 0, os.ErrDeadlineExceeded
	}
	return r.from.Read(p[:1])
}

func TestAReadThatADeadlineEndsCanBeRepeatedAnywhere(t *testing.T) {
	var stream bytes.Buffer
	w := NewWriter(&stream)
	w.Write([]byte("one"))
	w.Write([]byte("two"))
	w.End(errors.New("why"))

	r := NewReader(bufio.NewReader(&haltingReader{from: &stream}))
	var got []byte
	var err error
	for err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		var n int
		buffer := make([]byte, 10)
		n, err = r.Read(buffer)
		got = append(got, buffer[:n]...)
	}
	if string(got) != "onetwo" || err.Error() != "why" {
		t.Errorf("got %q, then %v", got, err)
	}
}

// shortWriter takes some bytes and then fails.
type shortWriter struct{ takes int }

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.takes)
	w.takes -= n
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

func TestAWriteThatFailsIsTheLast(t *testing.T) {
	w := NewWriter(&shortWriter{takes: headerSize + 2})
	if n, err := w.Write([]byte("abc")); n != 2 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d, error %v", n, err)
	}
	if n, err := w.Write([]byte("def")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d, error %v", n, err)
	}
	if err := w.End(nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the end gives %v", err)
	}
}
