package network

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/docker/docker/pkg/stdcopy"
)

func TestDemuxReadsStandardOutputAndKeepsWordsOfStandardError(t *testing.T) {
	var stream bytes.Buffer
	stdout, stderr := stdcopy.NewStdWriter(&stream, stdcopy.Stdout), stdcopy.NewStdWriter(&stream, stdcopy.Stderr)
	io.WriteString(stdout, "one ")
	io.WriteString(stderr, "words")
	io.WriteString(stdout, "")
	io.WriteString(stdout, "two")
	io.WriteString(stderr, strings.Repeat(".", 2*maxWords))
	io.WriteString(stdout, " three")

	d := &demux{from: bufio.NewReader(iotest.OneByteReader(&stream))}
	out, err := io.ReadAll(d)
	if err != nil || string(out) != "one two three" {
		t.Errorf("got %q, error %v", out, err)
	}
	if words := d.words.String(); !strings.HasPrefix(words, "words...") || len(words) != maxWords {
		t.Errorf("kept %d bytes of standard error", len(words))
	}
}

func TestDemuxFailsOnWhatIsNoOutput(t *testing.T) {
	tests := map[string]string{
		"\x01\x00\x00":                         "unexpected EOF",
		"\x03\x00\x00\x00\x00\x00\x00\x04oops": "oops",
		"\x09\x00\x00\x00\x00\x00\x00\x04oops": "the engine sent a stream 9",
	}
	for stream, want := range tests {
		if _, err := io.ReadAll(&demux{from: bufio.NewReader(strings.NewReader(stream))}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", stream, err, want)
		}
	}
}
