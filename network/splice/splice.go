// Package splice is what podsim and the agent's verb tunnel say to each other over a stream, so that it serves as a connection. The
// standard streams of the verb carry many of them, after its Greeting.
//
// podsim begins with a Request, and the agent with a report: one line that says whether it is connected. Then both sides send
// frames, each a header (a byte for the kind, four bytes for the length of the payload, big-endian) and a payload. An end frame
// closes one direction and leaves the other open, and may say why. The end of a stream without an end frame means that the other
// side is gone.
//
// The agent contains this package, so it uses the standard library only.
package splice

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headerSize = 5
	maxPayload = 32 << 10 // bytes in one data frame; a longer write is several frames
	maxCause   = 1 << 10  // bytes of the text in an end frame
)

// Kinds of frames.
const (
	dataFrame = 'd'
	endFrame  = 'e' // the payload says why, and is empty for an orderly end
)

// Writer writes one direction. It is for one goroutine at a time.
type Writer struct {
	to     io.Writer
	buffer []byte
	err    error // of the first write that failed: nobody can tell then where the next frame would begin
}

// NewWriter returns a Writer of frames to a stream.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write sends data. It counts as many bytes as are known to be sent.
func (w *Writer) Write(p []byte) (int, error) {
	sent := 0
	for len(p) > 0 && w.err == nil {
		chunk := p[:min(len(p), maxPayload)]
		sent += w.frame(dataFrame, chunk)
		p = p[len(chunk):]
	}
	return sent, w.err
}

// End closes the direction; later writes fail with io.ErrClosedPipe. cause may be nil. Its text reaches the reader.
func (w *Writer) End(cause error) error {
	if w.err != nil {
		return w.err
	}
	text := ""
	if cause != nil {
		text = cause.Error()
	}
	w.frame(endFrame, []byte(text[:min(len(text), maxCause)]))
	if w.err != nil {
		return w.err
	}
	w.err = io.ErrClosedPipe
	return nil
}

// frame sends one frame and returns how many bytes of its payload were sent.
func (w *Writer) frame(kind byte, payload []byte) int {
	w.buffer = append(w.buffer[:0], kind)
	w.buffer = binary.BigEndian.AppendUint32(w.buffer, uint32(len(payload)))
	w.buffer = append(w.buffer, payload...)
	n, err := w.to.Write(w.buffer)
	w.err = err
	return max(0, n-headerSize)
}

// Reader reads one direction. It is for one goroutine at a time. A read that fails because of a deadline loses nothing and
// can be repeated.
type Reader struct {
	from *bufio.Reader
	left int   // bytes of the current data frame
	end  error // what the end frame said
}

// NewReader returns a Reader of frames from a stream.
func NewReader(from *bufio.Reader) *Reader { return &Reader{from: from} }

// Read returns data. The end is io.EOF, or an error with the text that the writer gave, or io.ErrUnexpectedEOF if the
// stream ended without an end frame.
func (r *Reader) Read(p []byte) (int, error) {
	for r.left == 0 && r.end == nil {
		if err := r.next(); err != nil {
			return 0, cut(err)
		}
	}
	if r.end != nil {
		return 0, r.end
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, cut(err)
}

// next reads a frame up to its data.
func (r *Reader) next() error {
	header, err := r.from.Peek(headerSize)
	if err != nil {
		return err
	}
	kind, length := header[0], int(binary.BigEndian.Uint32(header[1:]))
	switch {
	case kind == dataFrame && length <= maxPayload:
		r.left = length
		_, err = r.from.Discard(headerSize)
		return err
	case kind == endFrame && length <= maxCause:
		frame, err := r.from.Peek(headerSize + length)
		if err != nil {
			return err
		}
		r.end = io.EOF
		if length > 0 {
			r.end = errors.New(string(frame[headerSize:]))
		}
		return nil
	}
	return fmt.Errorf("no frame begins with %q", header)
}

// cut tells the end of a stream where it must not end.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
