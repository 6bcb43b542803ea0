package splice

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// ErrNoReport: what the command printed first is not a report. It is not the agent then that speaks.
var ErrNoReport = errors.New("no report of the agent")

// DialError is a dial that failed. Its text is that of the net package. It is a net.Error.
type DialError struct {
	Text     string
	TimedOut bool
	Cause    error // nil if the agent failed, who has only words
}

func (e *DialError) Error() string { return e.Text }
func (e *DialError) Unwrap() error { return e.Cause }
func (e *DialError) Timeout() bool { return e.TimedOut }

// Temporary is part of net.Error; as there, only a timeout is temporary.
func (e *DialError) Temporary() bool { return e.TimedOut }

// The first word of a report.
const (
	connected = "connected"
	failed    = "failed"
	timedOut  = "timeout"
)

// Connected is the report of a connection: a line with its addresses.
func Connected(c net.Conn) string {
	return fmt.Sprintf("%s %s %s\n", connected, c.LocalAddr(), c.RemoteAddr())
}

// Failed is the report of a dial that failed: a line with its error.
func Failed(err error) string {
	word := failed
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		word = timedOut
	}
	return word + " " + strings.ReplaceAll(err.Error(), "\n", " ") + "\n"
}

// ParseReport returns the addresses of a connection. A dial that failed gives a *DialError, anything else that is no
// report ErrNoReport.
func ParseReport(line string) (local, remote net.Addr, err error) {
	word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	switch word {
	case connected:
		near, far, _ := strings.Cut(rest, " ")
		if local, err = tcpAddr(near); err != nil {
			return nil, nil, ErrNoReport
		}
		if remote, err = tcpAddr(far); err != nil {
			return nil, nil, ErrNoReport
		}
		return local, remote, nil
	case failed, timedOut:
		return nil, nil, &DialError{Text: rest, TimedOut: word == timedOut}
	}
	return nil, nil, ErrNoReport
}

func tcpAddr(text string) (net.Addr, error) {
	address, err := netip.ParseAddrPort(text)
	if err != nil {
		return nil, err
	}
	return net.TCPAddrFromAddrPort(address), nil
}
