package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Access is what a client needs to reach a node over TCP.
type Access struct {
	// Server is the URL of the API, such as https://127.0.0.1:6443.
	Server string
	// CA is the certificate in PEM that the server's is verified with.
	CA []byte
	// Certificate and Key are the client's own, in PEM.
	Certificate, Key []byte
}

// KubeconfigName is the name of the cluster, the user and the context of a kubeconfig.
const KubeconfigName = "podsim"

// Kubeconfig is the access in the form that kubectl and client-go read, with everything in it. An empty namespace is left to them.
func (a Access) Kubeconfig(namespace string) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters[KubeconfigName] = &clientcmdapi.Cluster{Server: a.Server, CertificateAuthorityData: a.CA}
	config.AuthInfos[KubeconfigName] = &clientcmdapi.AuthInfo{ClientCertificateData: a.Certificate, ClientKeyData: a.Key}
	config.Contexts[KubeconfigName] = &clientcmdapi.Context{Cluster: KubeconfigName, AuthInfo: KubeconfigName, Namespace: namespace}
	config.CurrentContext = KubeconfigName
	return config
}

// accessPath is asked for access with POST. It is on the socket only, and none of Kubernetes' own.
const accessPath = "/podsim/access"

// AskAccess has the node of a state directory listen on its TCP port, if it does not yet, and let one more client in there.
func AskAccess(ctx context.Context, dir string) (Access, error) {
	response, err := request(ctx, dir, http.MethodPost, accessPath)
	if err != nil {
		return Access{}, fmt.Errorf("asking podsim's node for access over TCP: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Access{}, fmt.Errorf("asking podsim's node for access over TCP: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return Access{}, fmt.Errorf("asking podsim's node for access over TCP: it answered %s: %s", response.Status, strings.TrimSpace(string(body)))
	}
	var access Access
	if err := json.Unmarshal(body, &access); err != nil {
		return Access{}, fmt.Errorf("asking podsim's node for access over TCP: reading its answer: %w", err)
	}
	return access, nil
}

// WithAccess answers AskAccess with what grant returns, and leaves all other requests to next.
func WithAccess(next http.Handler, grant func() (Access, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != accessPath {
			next.ServeHTTP(w, r)
			return
		}
		access, err := grant()
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(access) // a client that has left needs no answer
	})
}
