package kubeapi

import (
	"crypto/x509"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/websocket"
	x509request "k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/user"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
)

// Admin is who may do everything, as the user of kubeadm's kubeconfig may.
var Admin user.Info = &user.DefaultInfo{Name: "kubernetes-admin", Groups: []string{user.SystemPrivilegedGroup}}

// ForAdmin is the API for clients that are known to be Admin, as whoever reaches the node's socket is.
func ForAdmin(api http.Handler) http.Handler {
	return authenticated(api, authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		return &authenticator.Response{User: Admin}, true, nil
	}))
}

// ForHolders is the API for those clients alone whose TLS connection has a certificate that one of the authorities signed, or who show a
// token; tokens that are nil let nobody in. All others are told that they are unauthorized, whatever they ask for.
func ForHolders(authorities *x509.CertPool, tokens authenticator.Token, api http.Handler) http.Handler {
	who := authenticator.Request(x509request.New(x509.VerifyOptions{
		Roots: authorities, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, x509request.CommonNameUserConversion))
	if tokens != nil {
		who = union.New(who, byToken(tokens))
	}
	return authenticated(api, who)
}

// ForAccounts is the API for those clients alone who show a token of a service account.
func ForAccounts(tokens authenticator.Token, api http.Handler) http.Handler {
	return authenticated(api, byToken(tokens))
}

func byToken(tokens authenticator.Token) authenticator.Request {
	return union.New(bearertoken.New(tokens), websocket.NewProtocolAuthenticator(tokens))
}

func authenticated(api http.Handler, who authenticator.Request) http.Handler {
	unauthorized := genericapifilters.Unauthorized(clientscheme.Codecs)
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 { // or the answer would wait for the rest of the request, which may never come
			w.Header().Set("Connection", "close")
		}
		unauthorized.ServeHTTP(w, r)
	})
	handler := genericapifilters.WithAuthentication(api, group.NewAuthenticatedGroupAdder(who), refuse, nil, nil)
	handler = genericapifilters.WithRequestInfo(handler, requestInfos)
	return genericapifilters.WithCacheControl(handler)
}
