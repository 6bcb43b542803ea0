//go:build linux

package main

import (
	"bufio"
	"io"

	"github.com/hashicorp/yamux"

	"github.com/podsim/podsim/network/splice"
)

// tunnel serves the streams of a session on standard input and output, a dial each, until its caller is gone.
func tunnel(stdin io.Reader, stdout io.Writer) error {
	if _, err := io.WriteString(stdout, splice.Greeting); err != nil {
		return err
	}
	session, err := newSession(stdin, stdout)
	if err != nil {
		return err
	}
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return nil // the caller is gone, and with the process all its connections
		}
		go serve(stream)
	}
}

// newSession is the agent's end of a session on standard input and output.
func newSession(stdin io.Reader, stdout io.Writer) (*yamux.Session, error) {
	config := yamux.DefaultConfig()
	config.EnableKeepAlive = false // the caller's is enough
	config.LogOutput = io.Discard
	return yamux.Server(stdio{stdin, stdout}, config)
}

// stdio is standard input and output as one stream, which ends with the process.
type stdio struct {
	io.Reader
	io.Writer
}

func (stdio) Close() error { return nil }

// serve does what is asked for on one stream.
func serve(stream io.ReadWriteCloser) {
	defer stream.Close()
	in := bufio.NewReader(stream)
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	request, err := splice.ParseRequest(line)
	if err != nil {
		io.WriteString(stream, splice.Failed(err))
		return
	}
	dial(request, in, stream)
}
