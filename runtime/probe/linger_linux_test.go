package probe

import (
	"encoding/binary"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestTheConnectionsOfProbesLingerForASecond(t *testing.T) {
	listener := listen(t)
	conn, err := lingering(new(net.Dialer).DialContext)(within(t, time.Minute), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	// The option is two numbers, on and its seconds, as the one that syscall can read is two addresses.
	var option *syscall.IPMreq
	var failed error
	if err := raw.Control(func(fd uintptr) {
		option, failed = syscall.GetsockoptIPMreq(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER)
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	on, seconds := binary.NativeEndian.Uint32(option.Multiaddr[:]), binary.NativeEndian.Uint32(option.Interface[:])
	if on == 0 || seconds != 1 {
		t.Errorf("on is %d, for %d s (S6.36)", on, seconds)
	}
}
