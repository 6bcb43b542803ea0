package follow

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/podsim/podsim/runtime/resume"
)

// longestLine is how many bytes of a line without an end are held before they are handed on as a line of their own.
const longestLine = 64 << 10

// logReader hands on the lines of a log that may have to be read several times, each line once.
type logReader struct {
	line     func(line []byte) // gets a line without its time and its newline
	position resume.Position
	// unended is how many bytes were handed on of a line whose end did not come yet; startedAt is that line's time.
	unended   int
	startedAt time.Time
	// handedOn counts the lines, and the parts of lines that are too long.
	handedOn int
}

// read hands on what is new in a stream that begins at position.Since, or earlier, and whose lines begin with their time. A last line
// without a newline is handed on when the stream ends in good order.
func (r *logReader) read(stream io.Reader) error {
	again := r.position.Again()
	lines := bufio.NewReaderSize(stream, longestLine)
	begins, skip := true, 0 // skip is how many bytes of the line were handed on before; all of it if negative
	for {
		piece, err := lines.ReadSlice('\n')
		if len(piece) == 0 || err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if begins {
			stamp, text, _ := bytes.Cut(piece, []byte(" "))
			at, notTime := time.Parse(time.RFC3339Nano, string(stamp))
			if notTime != nil {
				return fmt.Errorf("a line without its time: %q", stamp)
			}
			piece, skip = text, r.begin(again, at)
		}
		begins = err == nil
		if skip >= 0 {
			passed := min(skip, len(piece))
			skip -= passed
			r.handOn(piece[passed:])
		}
		if err == io.EOF {
			return nil
		}
	}
}

// begin notes that a line of the given time begins, and returns how many bytes of it were handed on before, -1 for all of them.
func (r *logReader) begin(again *resume.Replay, at time.Time) (handedOn int) {
	seen, last := again.Seen(at)
	switch {
	case !seen:
		r.position.Add(at)
		r.unended, r.startedAt = 0, at
		return 0
	case last && r.unended > 0 && at.Equal(r.startedAt):
		return r.unended
	default:
		return -1
	}
}

// handOn hands on a part of a line; its newline alone is nothing new of a line of which more was handed on.
func (r *logReader) handOn(piece []byte) {
	text := bytes.TrimSuffix(piece, []byte("\n"))
	if len(text) > 0 || len(piece) > 0 && r.unended == 0 {
		r.line(text)
		r.handedOn++
	}
	r.unended += len(text)
	if len(text) < len(piece) {
		r.unended = 0
	}
}
