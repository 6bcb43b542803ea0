package splice

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// addressed is a connection that has nothing but addresses.
type addressed struct {
	net.Conn
	local, remote string
}

func (a addressed) LocalAddr() net.Addr  { return text(a.local) }
func (a addressed) RemoteAddr() net.Addr { return text(a.remote) }

type text string

func (text) Network() string  { return "tcp" }
func (t text) String() string { return string(t) }

func TestAReportOfAConnectionHasItsAddresses(t *testing.T) {
	for _, c := range []addressed{
		{local: "10.0.0.5:43210", remote: "10.0.0.5:8080"},
		{local: "[fd00::5]:43210", remote: "[fd00::5]:8080"},
	} {
		local, remote, err := ParseReport(Connected(c))
		if err != nil || local.String() != c.local || remote.String() != c.remote || remote.Network() != "tcp" {
			t.Errorf("%v came back as %v and %v, error %v", c, local, remote, err)
		}
	}
}

func TestAReportOfAFailureHasItsTextAndWhetherTimeRanOut(t *testing.T) {
	address := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 5), Port: 8081}
	tests := []struct {
		err     error
		text    string
		timeout bool
	}{
		{
			&net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
			"dial tcp 10.0.0.5:8081: connect: connection refused", false,
		},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: os.ErrDeadlineExceeded}, "dial tcp 10.0.0.5:8081: i/o timeout", true},
		{errors.New("two\nlines"), "two lines", false},
	}
	for _, tt := range tests {
		line := Failed(tt.err)
		if strings.Count(line, "\n") != 1 {
			t.Errorf("%q is not a line", line)
		}
		_, _, err := ParseReport(line)
		var failure *DialError
		if !errors.As(err, &failure) || failure.Error() != tt.text || failure.Timeout() != tt.timeout {
			t.Errorf("%v came back as %#v", tt.err, err)
		}
	}
}

func TestOtherWordsAreNoReport(t *testing.T) {
	for _, line := range []string{"", "\n", "OCI runtime exec failed: no such file\r\n", "connected\n", "connected 10.0.0.5:1\n", "connected 10.0.0.5 10.0.0.5\n"} {
		if _, _, err := ParseReport(line); !errors.Is(err, ErrNoReport) {
			t.Errorf("%q: %v", line, err)
		}
	}
}
