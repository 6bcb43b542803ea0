package kubeapi_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kubeapi"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
)

// openPort is the TCP port of a node.
func openPort(t *testing.T) (*endpoint.Port, endpoint.Access) {
	t.Helper()
	port, err := endpoint.OpenPort(t.TempDir(), endpoint.AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Listener.Close() })
	access, err := port.NewAccess(kubeapi.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return port, access
}

// serveOn serves the API on the port, too, for those that have access.
func (a *api) serveOn(port *endpoint.Port) {
	server := &http.Server{Handler: kubeapi.ForHolders(port.TLS.ClientCAs, fakeTokens{}, a.handler), TLSConfig: port.TLS,
		ErrorLog: log.New(io.Discard, "", 0)}
	go server.ServeTLS(port.Listener, "", "")
	a.t.Cleanup(func() { server.Close() })
}

// Nobody's request is waited for to its end.
func TestHalfARequestWithoutAccessIsAnsweredAtOnce(t *testing.T) {
	api := serve(t)
	port, access := openPort(t)
	api.serveOn(port)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(access.CA)
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots}}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(access.Server, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
	response := wantAnswer(t, conn, http.StatusUnauthorized)
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Error(err)
	}
}

func TestWhoHasNoAccessLearnsNothing(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	port, access := openPort(t)
	api.serveOn(port)
	_, elsewhere := openPort(t)

	pair := func(access endpoint.Access) []tls.Certificate {
		certificate, err := tls.X509KeyPair(access.Certificate, access.Key)
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{certificate}
	}
	for name, client := range map[string]struct {
		certificates []tls.Certificate
		token        string
		in           bool
	}{
		"nothing to show":                    {},
		"a token":                            {token: "guessed"},
		"a certificate of another authority": {certificates: pair(elsewhere)},
		"the certificate of the node itself": {certificates: port.TLS.Certificates},
		"both":                               {certificates: pair(elsewhere), token: "guessed"},
		"a certificate of the authority":     {certificates: pair(access), in: true},
	} {
		t.Run(name, func(t *testing.T) {
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(access.CA)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: client.certificates}, ForceAttemptHTTP2: true}
			defer transport.CloseIdleConnections()
			for _, path := range []string{"/", "/version", "/healthz", "/api", "/apis", "/openapi/v3", "/podsim/access", "/api/v1/pods",
				"/api/v1/namespaces/default/pods/a", "/api/v1/namespaces/default/pods/a/log", "/api/v1/namespaces/default/pods/a/exec?command=ls"} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					request, err := http.NewRequestWithContext(t.Context(), method, access.Server+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					if client.token != "" {
						request.Header.Set("Authorization", "Bearer "+client.token)
					}
					response, err := transport.RoundTrip(request)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(response.Body)
					response.Body.Close()
					const unauthorized = `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`
					refused := response.StatusCode == http.StatusUnauthorized && strings.TrimSpace(string(body)) == unauthorized
					if refused == client.in || err != nil {
						t.Errorf("%s %s: %s: %s, %v", method, path, response.Status, body, err)
					}
				}
			}
		})
	}
}

func TestNobodyElseIsTakenForTheNode(t *testing.T) {
	api := serve(t)
	port, _ := openPort(t)
	api.serveOn(port)
	_, elsewhere := openPort(t)
	elsewhere.Server = "https://" + port.Listener.Addr().String()
	api.access = &elsewhere
	_, err := api.clients().CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("error: %v", err)
	}
}

// TestClientsWithAccess reads, watches and executes in all ways in which clients connect.
func TestClientsWithAccess(t *testing.T) {
	api := serve(t)
	port, access := openPort(t)
	api.serveOn(port)
	api.access = &access
	workWithPods(t, api.clients())

	api.havePod("a")
	api.node.exec = func(_ context.Context, options kubeapi.ExecOptions) error {
		io.WriteString(options.Stdout, "through")
		return utilexec.CodeExitError{Err: errors.New("exit status 7"), Code: 7}
	}
	for name, executor := range api.executors(&corev1.PodExecOptions{Command: []string{"sh"}, Stdout: true}) {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: &out})
			var exit utilexec.CodeExitError
			if !errors.As(err, &exit) || exit.Code != 7 || out.String() != "through" {
				t.Errorf("stdout %q, error %v", &out, err)
			}
		})
	}
}

func TestAKubeconfigIsWholeAndHasTheNamespace(t *testing.T) {
	_, access := openPort(t)
	content, err := clientcmd.Write(*access.Kubeconfig("team"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.NewClientConfigFromBytes(content)
	if err != nil {
		t.Fatal(err)
	}
	if namespace, _, err := config.Namespace(); err != nil || namespace != "team" {
		t.Errorf("namespace %q, %v", namespace, err)
	}
	client, err := config.ClientConfig()
	if err != nil || client.Host != access.Server || !bytes.Equal(client.CAData, access.CA) || !bytes.Equal(client.KeyData, access.Key) {
		t.Errorf("configuration %v, %v", client, err)
	}
}
