package client

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
)

// Getter hands the node to kubectl's commands in place of a cluster: it is a genericclioptions.RESTClientGetter. The
// node is found, or started in the background, when a command first asks for it.
type Getter struct {
	session   *Session
	discovery discovery.CachedDiscoveryInterface
	mapper    meta.RESTMapper
}

// Getter returns kubectl's view of the session.
func (s *Session) Getter() *Getter { return &Getter{session: s} }

// ToRESTConfig implements genericclioptions.RESTClientGetter.
func (g *Getter) ToRESTConfig() (*rest.Config, error) {
	connection, err := g.session.Connect(context.Background(), nodeflags.Options{})
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(connection.Config)
	config.Impersonate = g.session.As
	return config, nil
}

// ToDiscoveryClient implements genericclioptions.RESTClientGetter. What it learns is kept in memory only.
func (g *Getter) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	if g.discovery == nil {
		config, err := g.ToRESTConfig()
		if err != nil {
			return nil, err
		}
		client, err := discovery.NewDiscoveryClientForConfig(config)
		if err != nil {
			return nil, err
		}
		g.discovery = memory.NewMemCacheClient(client)
	}
	return g.discovery, nil
}

// ToRESTMapper implements genericclioptions.RESTClientGetter.
func (g *Getter) ToRESTMapper() (meta.RESTMapper, error) {
	if g.mapper == nil {
		client, err := g.ToDiscoveryClient()
		if err != nil {
			return nil, err
		}
		g.mapper = restmapper.NewShortcutExpander(restmapper.NewDeferredDiscoveryRESTMapper(client), client, nil)
	}
	return g.mapper, nil
}

// ToRawKubeConfigLoader implements genericclioptions.RESTClientGetter.
func (g *Getter) ToRawKubeConfigLoader() clientcmd.ClientConfig { return kubeconfig{g} }

// kubeconfig answers what kubectl reads from a kubeconfig file; there is none.
type kubeconfig struct{ getter *Getter }

// RawConfig implements clientcmd.ClientConfig.
func (kubeconfig) RawConfig() (clientcmdapi.Config, error) { return *clientcmdapi.NewConfig(), nil }

// ClientConfig implements clientcmd.ClientConfig.
func (k kubeconfig) ClientConfig() (*rest.Config, error) { return k.getter.ToRESTConfig() }

// Namespace implements clientcmd.ClientConfig: the namespace, and whether the user asked for it.
func (k kubeconfig) Namespace() (string, bool, error) {
	if namespace := k.getter.session.Namespace; namespace != "" {
		return namespace, true, nil
	}
	return metav1.NamespaceDefault, false, nil
}

// ConfigAccess implements clientcmd.ClientConfig.
func (kubeconfig) ConfigAccess() clientcmd.ConfigAccess { return clientcmd.NewDefaultPathOptions() }
