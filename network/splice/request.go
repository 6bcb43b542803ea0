package splice

import (
	"fmt"
	"strings"
	"time"
)

// Greeting is the line with which the agent's verb tunnel begins. What follows are the streams of a yamux session, one for each
// connection: on each the caller sends a Request, and gets a report and then the connection.
const Greeting = "podsim tunnel\n"

// Request is what the caller wants of a stream: a connection to an address as the pod sees it.
type Request struct {
	Network, Address string
	Timeout          time.Duration // 0: the kernel's own holds
}

// String is the request as it is sent: a line.
func (r Request) String() string {
	return fmt.Sprintf("%s %s %s\n", r.Timeout, r.Network, r.Address)
}

// ParseRequest reads a request. It does not judge the network and the address.
func ParseRequest(line string) (Request, error) {
	timeout, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	network, address, ok := strings.Cut(rest, " ")
	limit, err := time.ParseDuration(timeout)
	if !ok || err != nil || limit < 0 {
		return Request{}, fmt.Errorf("%q is no request for a connection", line)
	}
	return Request{Network: network, Address: address, Timeout: limit}, nil
}
