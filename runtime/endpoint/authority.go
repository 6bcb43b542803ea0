package endpoint

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// authority signs the certificates of a state directory's nodes and of their clients.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// clockSkew is by how much the clocks of a node and its clients may differ.
const clockSkew = time.Hour

// loadAuthority reads the authority from its file, or makes one and keeps it there. Only the node of the directory may call it.
func loadAuthority(file string) (*authority, error) {
	pair, err := tls.LoadX509KeyPair(file, file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeAuthority(file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority of podsim's nodes from %s: %w; remove it, and write kubeconfigs anew", file, err)
	}
	return &authority{pair.Leaf, pair.PrivateKey.(crypto.Signer)}, nil
}

func makeAuthority(file string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	certificate, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: "podsim", NotBefore: time.Now().Add(-clockSkew)}, key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	content, err := encode(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	unfinished := file + ".new"
	if err := os.WriteFile(unfinished, append(content.certificate, content.key...), 0o600); err != nil {
		return nil, fmt.Errorf("keeping the certificate authority: %w", err)
	}
	if err := os.Rename(unfinished, file); err != nil {
		return nil, fmt.Errorf("keeping the certificate authority: %w", err)
	}
	return &authority{certificate, key}, nil
}

// pair is a certificate and its private key, in PEM.
type pair struct{ certificate, key []byte }

func encode(certificate *x509.Certificate, key crypto.PrivateKey) (pair, error) {
	certificatePEM, err := certutil.EncodeCertificates(certificate)
	if err != nil {
		return pair{}, err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	return pair{certificatePEM, keyPEM}, err
}

// issue makes a certificate that is good for one usage and as long as the authority's own; one of a server has its names and addresses.
func (a *authority) issue(subject pkix.Name, usage x509.ExtKeyUsage, names []string, addresses []net.IP) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("making a certificate of %s: %w", subject.CommonName, err)
	}
	template := &x509.Certificate{ // without a serial number, for which a random one is taken
		Subject:     subject,
		NotBefore:   a.certificate.NotBefore,
		NotAfter:    a.certificate.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
		DNSNames:    names,
		IPAddresses: addresses,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return pair{}, fmt.Errorf("making a certificate of %s: %w", subject.CommonName, err)
	}
	return encode(&x509.Certificate{Raw: signed}, key)
}

// serverCertificate makes a certificate by which a node serves under such names and addresses.
func (a *authority) serverCertificate(names []string, addresses ...net.IP) (tls.Certificate, error) {
	own, err := a.issue(pkix.Name{CommonName: "podsim-node"}, x509.ExtKeyUsageServerAuth, names, addresses)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(own.certificate, own.key)
}

// ServerCertificate makes a certificate by which the node that has the lease of the directory serves its API under such names and
// addresses, whatever way its clients come. ca is the certificate in PEM that they verify it with; it stays the same for all nodes of the
// directory.
func ServerCertificate(dir string, names []string, addresses ...net.IP) (certificate tls.Certificate, ca []byte, err error) {
	if dir == "" {
		return tls.Certificate{}, nil, errors.New("the node has no state directory to keep its certificate authority in")
	}
	authority, err := loadAuthority(authorityPath(dir))
	if err == nil {
		certificate, err = authority.serverCertificate(names, addresses...)
	}
	if err == nil {
		ca, err = certutil.EncodeCertificates(authority.certificate)
	}
	return certificate, ca, err
}

// pool holds the authority alone.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}
