package endpoint

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openPort is the port of a node that ends with close.
func openPort(t *testing.T, dir, address string) (port *Port, end func()) {
	t.Helper()
	lease, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	port, err = OpenPort(dir, address)
	if err != nil {
		lease.Close()
		t.Fatal(err)
	}
	return port, func() {
		port.Listener.Close()
		lease.Close()
	}
}

func TestTheNextNodeHasTheSamePortAndAuthority(t *testing.T) {
	dir := stateDirectory(t)
	port, end := openPort(t, dir, AnyPort)
	first := port.Listener.Addr().String()
	end()
	if remembered, err := RememberedAddress(dir); err != nil || remembered != first {
		t.Errorf("remembered %q, %v; want %s", remembered, err, first)
	}
	for _, address := range []string{AnyPort, first} {
		next, end := openPort(t, dir, address)
		if got := next.Listener.Addr().String(); got != first {
			t.Errorf("the next node listens on %s, the one before on %s", got, first)
		}
		if !next.TLS.ClientCAs.Equal(port.TLS.ClientCAs) {
			t.Error("the next node has an authority of its own")
		}
		end()
	}

	other, err := net.Listen("tcp", first)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := OpenPort(dir, first); err == nil || !strings.Contains(err.Error(), "in use; 127.0.0.1:0 is for any that is free") {
		t.Errorf("a certain port that is taken: %v", err)
	}
	moved, end := openPort(t, dir, AnyPort)
	defer end()
	if remembered, err := RememberedAddress(dir); err != nil || remembered == first || remembered != moved.Listener.Addr().String() {
		t.Errorf("remembered %q, %v after the port of before was taken", remembered, err)
	}
}

func TestOnlyTheUserReadsWhatAPortLeaves(t *testing.T) {
	dir := stateDirectory(t)
	_, end := openPort(t, dir, AnyPort)
	end()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		if info, err := file.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", file.Name(), info.Mode(), err)
		}
	}
	if got := strings.Join(names, " "); got != "address ca.pem" {
		t.Errorf("left behind: %s", got)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	const onlyLoopback = "only loopback addresses are possible, such as 127.0.0.1:0, because who gets in is master of the engine"
	for address, want := range map[string]string{
		"0.0.0.0:0":       onlyLoopback,
		"[::]:6443":       onlyLoopback,
		":6443":           onlyLoopback,
		"192.0.2.1:6443":  onlyLoopback,
		"127.0.0.1":       "missing port in address; it must be an address and a port, such as 127.0.0.1:0",
		"127.0.0.1:66666": "invalid port; it must be an address and a port",
	} {
		_, err := OpenPort(t.TempDir(), address)
		if err == nil || !strings.HasPrefix(err.Error(), `listening on "`+address+`": `) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestADamagedAuthorityIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPort(dir, AnyPort); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "ca.pem")) || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("error: %v", err)
	}
}
