package network

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/pkg/stdcopy"
)

// demux reads the standard output out of the two streams that an engine sends over one connection. Unlike stdcopy it is
// read from, so that it needs no goroutine, and a read that fails because of a deadline loses nothing and can be repeated.
type demux struct {
	from   *bufio.Reader
	stream stdcopy.StdType
	left   int          // bytes of the current frame
	words  bytes.Buffer // the beginning of standard error
}

const (
	streamHeader = 8       // bytes: the stream, three of padding, the length (big-endian)
	maxWords     = 4 << 10 // bytes of standard error that are kept
)

// Read returns standard output. What the engine itself says on the third of its streams is an error.
func (d *demux) Read(p []byte) (int, error) {
	for {
		if d.left == 0 {
			header, err := d.from.Peek(streamHeader)
			if err == io.EOF && len(header) > 0 {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return 0, err
			}
			d.stream, d.left = stdcopy.StdType(header[0]), int(binary.BigEndian.Uint32(header[4:]))
			d.from.Discard(streamHeader)
			continue
		}
		n, err := d.from.Read(p[:min(len(p), d.left)])
		d.left -= n
		switch d.stream {
		case stdcopy.Stdin, stdcopy.Stdout: // an engine marks output with either
			return n, err
		case stdcopy.Stderr:
			d.words.Write(p[:min(n, maxWords-d.words.Len())])
		case stdcopy.Systemerr:
			return 0, errors.New(string(p[:n]))
		default:
			return 0, fmt.Errorf("the engine sent a stream %d", d.stream)
		}
		if err != nil {
			return 0, err
		}
	}
}
