package endpoint

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	certutil "k8s.io/client-go/util/cert"
)

// AnyPort is the address of OpenPort for a port that is free.
const AnyPort = "127.0.0.1:0"

// Port is a TCP port of the loopback interface, on which a node serves its API with TLS to clients that its authority has given a
// certificate. The state directory remembers both when the node ends, so that the next one serves the same clients at the same address.
type Port struct {
	// Listener accepts connections, and leaves TLS to whoever serves them.
	Listener net.Listener
	// TLS is how to serve them. Clients are asked for a certificate and get in without one, so that they can be told why they are
	// refused; who is a client is for the server to find out, by ClientCAs.
	TLS *tls.Config

	authority *authority
}

// OpenPort listens on an address of the loopback interface such as 127.0.0.1:6443, for the node that has the lease of the directory.
// Port 0 is the port that was remembered for this IP address, or any if that is taken.
func OpenPort(dir, address string) (*Port, error) {
	wanted, err := parseLoopback(address)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, errors.New("listening on a TCP port: the node has no state directory to remember it in")
	}
	authority, err := loadAuthority(authorityPath(dir))
	if err != nil {
		return nil, err
	}
	listener, err := listenTCP(dir, wanted)
	if err != nil {
		return nil, fmt.Errorf("listening on a TCP port: %w; %s is for any that is free", err, net.JoinHostPort(wanted.IP.String(), "0"))
	}
	port := &Port{Listener: listener, authority: authority}
	if port.TLS, err = authority.serverConfig(wanted.IP); err == nil {
		err = os.WriteFile(addressPath(dir), []byte(listener.Addr().String()+"\n"), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening on a TCP port: %w", err), listener.Close())
	}
	return port, nil
}

// RememberedAddress is where the last node of the directory that had a port listened; "" when none had, or nobody knows.
func RememberedAddress(dir string) (string, error) {
	content, err := os.ReadFile(addressPath(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading where an earlier node of podsim listened: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// parseLoopback refuses addresses that other machines may reach.
func parseLoopback(address string) (*net.TCPAddr, error) {
	parsed, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w; it must be an address and a port, such as %s for any port that is free", address, err, AnyPort)
	}
	if !parsed.IP.IsLoopback() {
		return nil, fmt.Errorf("listening on %q: only loopback addresses are possible, such as %s, because who gets in is master of the engine "+
			"and its machine; from another machine, come through ssh -L PORT:127.0.0.1:PORT", address, AnyPort)
	}
	return parsed, nil
}

// listenTCP prefers the remembered port to any other.
func listenTCP(dir string, wanted *net.TCPAddr) (net.Listener, error) {
	if wanted.Port != 0 {
		return net.ListenTCP("tcp", wanted)
	}
	remembered, err := RememberedAddress(dir)
	if err != nil {
		return nil, err
	}
	if last, err := parseLoopback(remembered); err == nil && last.IP.Equal(wanted.IP) {
		if listener, err := net.ListenTCP("tcp", last); err == nil {
			return listener, nil
		}
	}
	return net.ListenTCP("tcp", wanted)
}

// serverConfig has a certificate for every usual name of the loopback interface beside the address that is listened on.
func (a *authority) serverConfig(address net.IP) (*tls.Config, error) {
	own, err := a.serverCertificate([]string{"localhost"}, address, net.IPv4(127, 0, 0, 1), net.IPv6loopback)
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{own},
		ClientCAs:    a.pool(),
		ClientAuth:   tls.RequestClientCert,
	}, err
}

// NewAccess lets one more client in, as a user of groups.
//
// What lets it in is a certificate, as in the kubeconfigs of kubeadm, kind and minikube, and no bearer token: client-go and kubectl show it
// when a connection begins, so that watches and what SPDY and WebSockets carry need nothing beside it; what the client keeps secret
// never leaves it; and the node keeps no copy, for the authority knows its signature.
func (p *Port) NewAccess(who user.Info) (Access, error) {
	ca, err := certutil.EncodeCertificates(p.authority.certificate)
	if err != nil {
		return Access{}, fmt.Errorf("letting a client in: %w", err)
	}
	client, err := p.authority.issue(pkix.Name{CommonName: who.GetName(), Organization: who.GetGroups()}, x509.ExtKeyUsageClientAuth, nil, nil)
	if err != nil {
		return Access{}, fmt.Errorf("letting a client in: %w", err)
	}
	return Access{Server: "https://" + p.Listener.Addr().String(), CA: ca, Certificate: client.certificate, Key: client.key}, nil
}
