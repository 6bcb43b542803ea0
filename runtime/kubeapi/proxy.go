package kubeapi

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/proxy"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	endpointproxy "k8s.io/apiserver/pkg/util/proxy"

	"github.com/podsim/podsim/runtime/store"
)

// proxied is the subresource by which a client speaks HTTP with a pod through the API, as with `kubectl get --raw` and `kubectl proxy`.
type proxied struct {
	node    Node
	options runtime.Object
	// path is the part of the request's path that goes to the pod.
	path func(options runtime.Object) string
	// find returns the pod and the port that a name stands for; port "" is the scheme's own.
	find func(namespace, name, port string) (pod *corev1.Pod, podPort string, err error)
}

func podProxy(config Config) proxied {
	return proxied{
		node: config.Node, options: &corev1.PodProxyOptions{},
		path: func(options runtime.Object) string { return options.(*corev1.PodProxyOptions).Path },
		find: func(namespace, name, port string) (*corev1.Pod, string, error) {
			pod, err := config.Store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
			if err == nil && port == "" {
				port = firstPort(pod)
			}
			return pod, port, err
		},
	}
}

func serviceProxy(config Config) proxied {
	return proxied{
		node: config.Node, options: &corev1.ServiceProxyOptions{},
		path: func(options runtime.Object) string { return options.(*corev1.ServiceProxyOptions).Path },
		find: func(namespace, name, port string) (*corev1.Pod, string, error) {
			return podBehind(config.Store, types.NamespacedName{Namespace: namespace, Name: name}, port)
		},
	}
}

// addProxyConversions lets the options of proxied requests be read.
func addProxyConversions(scheme *runtime.Scheme) {
	path := func(query any) string { return (*query.(*url.Values)).Get("path") }
	utilruntime.Must(scheme.AddConversionFunc((*url.Values)(nil), (*corev1.PodProxyOptions)(nil), func(query, options any, _ conversion.Scope) error {
		options.(*corev1.PodProxyOptions).Path = path(query)
		return nil
	}))
	utilruntime.Must(scheme.AddConversionFunc((*url.Values)(nil), (*corev1.ServiceProxyOptions)(nil), func(query, options any, _ conversion.Scope) error {
		options.(*corev1.ServiceProxyOptions).Path = path(query)
		return nil
	}))
}

// firstPort is the first port that a container of the pod declares; "" if none does.
func firstPort(pod *corev1.Pod) string {
	for i := range pod.Spec.Containers {
		if ports := pod.Spec.Containers[i].Ports; len(ports) > 0 {
			return strconv.Itoa(int(ports[0].ContainerPort))
		}
	}
	return ""
}

// podBehind is a ready pod of those that serve a port of the Service, by the port's name or number.
func podBehind(objects *store.Store, key types.NamespacedName, port string) (*corev1.Pod, string, error) {
	if number, err := strconv.ParseInt(port, 10, 64); err == nil {
		service, err := objects.Services.Get(key)
		if err != nil {
			return nil, "", err
		}
		declared := false
		for _, p := range service.Spec.Ports {
			if declared = int64(p.Port) == number; declared {
				port = p.Name
				break
			}
		}
		if !declared {
			return nil, "", apierrors.NewServiceUnavailable(fmt.Sprintf("no service port %d found for service %q", number, key.Name))
		}
	}
	var slices []*discoveryv1.EndpointSlice
	all, _ := objects.EndpointSlices.List(key.Namespace)
	for _, slice := range all {
		if slice.Labels[discoveryv1.LabelServiceName] == key.Name {
			slices = append(slices, slice)
		}
	}
	var pod *corev1.Pod
	address, err := endpointproxy.RandomEndpoint(key.Name, slices, port, corev1.IPv4Protocol, func(e *discoveryv1.Endpoint) bool {
		if e.TargetRef == nil || e.TargetRef.Namespace != key.Namespace {
			return false // nothing but pods is proxied to
		}
		target, err := objects.Pods.Get(types.NamespacedName{Namespace: e.TargetRef.Namespace, Name: e.TargetRef.Name})
		if err != nil || target.Status.PodIP != e.Addresses[0] {
			return false
		}
		pod = target
		return true
	})
	if err != nil {
		return nil, "", err
	}
	_, podPort, err := net.SplitHostPort(address)
	return pod, podPort, err
}

// New implements rest.Storage.
func (p proxied) New() runtime.Object { return p.options.DeepCopyObject() }

// Destroy implements rest.Storage.
func (p proxied) Destroy() {}

// NewConnectOptions implements rest.Connecter.
func (p proxied) NewConnectOptions() (runtime.Object, bool, string) {
	return p.options.DeepCopyObject(), true, "path"
}

// ConnectMethods implements rest.Connecter.
func (p proxied) ConnectMethods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions}
}

// Connect implements rest.Connecter. The name may have a scheme before it and a port behind it.
func (p proxied) Connect(ctx context.Context, id string, options runtime.Object, responder rest.Responder) (http.Handler, error) {
	scheme, name, port, valid := utilnet.SplitSchemeNamePort(id)
	if !valid {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid request %q: it must be a name, NAME:PORT or SCHEME:NAME:PORT", id))
	}
	pod, port, err := p.find(genericapirequest.NamespaceValue(ctx), name, port)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid request %q: %q is no port number", id, port))
	}
	if ip := net.ParseIP(pod.Status.PodIP); ip == nil || !ip.IsGlobalUnicast() {
		return nil, apierrors.NewBadRequest("address not allowed")
	}
	host := pod.Status.PodIP
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	location := &url.URL{Scheme: scheme, Host: host}
	location.Path = utilnet.JoinPreservingTrailingSlash(location.Path, p.path(options))
	return proxy.NewUpgradeAwareHandler(location, p.transport(pod), true, false, proxy.NewErrorResponder(responder)), nil
}

// transport reaches the pod, whose certificate nobody checks, as an API server does.
func (p proxied) transport(pod *corev1.Pod) *http.Transport {
	return &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives: true, // it is for one request
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			number, err := strconv.ParseUint(port, 10, 16)
			if err != nil {
				return nil, err
			}
			return p.node.DialPodAddress(ctx, pod.Namespace, pod.Name, uint16(number))
		},
	}
}
