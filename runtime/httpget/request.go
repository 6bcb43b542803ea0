// Package httpget makes the GET requests of httpGet probes and lifecycle hooks: what is asked of whom, with which headers, over which
// connections, and which redirects are followed (S6C, S7.10). What an answer means is left to its callers. It knows neither the pod nor
// the engine; how connections are made is handed in.
package httpget

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// NewRequest is the request that an action of the container asks for. It goes to the pod's address where the action names no host
// (S6.30). userAgent is the client's name, such as kube-probe/1.37, unless the action's headers say otherwise. It fails where the
// action's port cannot be resolved.
func NewRequest(action *corev1.HTTPGetAction, c *corev1.Container, podIP, userAgent string) (*http.Request, error) {
	port, err := ResolvePort(action.Port, c)
	if err != nil {
		return nil, err
	}
	target := reference(action.Path)
	target.Scheme = "http"
	if action.Scheme != "" {
		target.Scheme = strings.ToLower(string(action.Scheme))
	}
	host := podIP
	if action.Host != "" {
		host = action.Host
	}
	target.Host = net.JoinHostPort(host, strconv.Itoa(port))

	request, err := http.NewRequest(http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header = headers(action.HTTPHeaders, userAgent)
	request.Host = request.Header.Get("Host")
	return request, nil
}

// reference reads an action's path: it may hold a query. One that is no URL reference is the path as it stands.
func reference(path string) *url.URL {
	if parsed, err := url.Parse(path); err == nil {
		return parsed
	}
	return &url.URL{Path: path}
}

// headers are the action's headers, and those a client sends by default (S6.34). User-Agent and Accept are left out if they are set to
// nothing; net/http leaves the first one out by itself.
func headers(given []corev1.HTTPHeader, userAgent string) http.Header {
	all := http.Header{}
	for _, h := range given {
		all.Add(h.Name, h.Value)
	}
	if _, set := all["User-Agent"]; !set {
		all.Set("User-Agent", userAgent)
	}
	if _, set := all["Accept"]; !set {
		all.Set("Accept", "*/*")
	} else if all.Get("Accept") == "" {
		all.Del("Accept")
	}
	return all
}
