package kubeapi

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// leavable is a response whose connection tells when the client leaves it after the upgrade: from then on the HTTP server looks at it no
// more, so that the request's context does not end. It hides what it wraps, as the connection would else be taken from there.
type leavable struct {
	http.ResponseWriter
	left func()
}

// Hijack hands out the connection, on which somebody has to read all the time.
func (l leavable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(l.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	ahead, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // what the client sent after its request; it is there
	watched := watchedConn{conn, l.left}
	from := io.MultiReader(bytes.NewReader(ahead), watched)
	return watched, bufio.NewReadWriter(bufio.NewReader(from), buffered.Writer), nil
}

// watchedConn calls left when nothing more can come from the other end: the reader meets the end, or closes the connection because the
// other end said that it will go away.
type watchedConn struct {
	net.Conn
	left func()
}

func (c watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.left()
	}
	return n, err
}

func (c watchedConn) Close() error {
	c.left()
	return c.Conn.Close()
}
