package runtime

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kubeapi"
)

// clusterAPI serves the node's API to the containers of its pods, which find it where a cluster has it: at the address and by the names of
// the Service "kubernetes".
type clusterAPI struct {
	stateDir string
	server   *http.Server // set by begin

	mu          sync.Mutex
	certificate *tls.Certificate // nil until it is needed
	rootCA      []byte
}

// apiServicePort is the port of that Service.
var apiServicePort = netip.AddrPortFrom(netip.MustParseAddr(podspec.APIServiceAddress), uint16(podspec.APIService().Spec.Ports[0].Port))

// open is the certificate that the API is served with, and that of the authority in PEM by which containers know it.
func (c *clusterAPI) open() (certificate *tls.Certificate, rootCA []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.certificate == nil {
		service := podspec.APIService().Name + "." + metav1.NamespaceDefault
		names := []string{podspec.APIService().Name, service, service + ".svc", service + ".svc." + podspec.ClusterDomain}
		made, rootCA, err := endpoint.ServerCertificate(c.stateDir, names, net.ParseIP(podspec.APIServiceAddress))
		if err != nil {
			return nil, nil, fmt.Errorf("serving the API to pods: %w", err)
		}
		c.certificate, c.rootCA = &made, rootCA
	}
	return c.certificate, c.rootCA, nil
}

// begin has an API served from now on, to the accounts that tokens tell of; all requests end with the context.
func (c *clusterAPI) begin(ctx context.Context, api http.Handler, tokens authenticator.Token, log *slog.Logger) {
	c.server = &http.Server{
		Handler: kubeapi.ForAccounts(tokens, api),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			certificate, _, err := c.open()
			return certificate, err
		}},
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       keepAliveTime,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // it tells of failed handshakes
	}
}

// end ends the server that was begun.
func (c *clusterAPI) end() { _ = c.server.Close() } // what is still open has heard of the end of its context

// serve serves the API to whom the listener accepts, until that ends.
func (c *clusterAPI) serve(listener net.Listener) {
	_ = c.server.ServeTLS(listener, "", "") // it always ends with an error
}

// listen sees to it that the pod's containers reach the API, if they are to. The proxy leads them to the listener.
func (k *proxyKeeper) listen(ctx context.Context) error {
	if !k.w.clusterAPI || k.api != nil && !k.api.HasEnded() {
		return nil
	}
	api := k.w.node.api
	if _, _, err := api.open(); err != nil {
		return err
	}
	listener, err := network.Listen(ctx, k.w.node.engine, k.sandboxID)
	if err != nil {
		return err
	}
	k.api = listener
	stop := context.AfterFunc(k.w.ctx, func() { listener.Close() })
	k.w.background.Go(func() {
		defer stop()
		api.serve(listener)
		k.wake()
	})
	return nil
}

// apiAddress is where the pod's containers reach the API; the zero address if they do not.
func (k *proxyKeeper) apiAddress() netip.AddrPort {
	if k.api == nil || k.api.HasEnded() {
		return netip.AddrPort{}
	}
	return k.api.Address()
}
