package runtime

import (
	"net/netip"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/runtime/store"
)

// apiForward is where a pod's connections to the Service of the API go; false if nothing leads there.
func apiForward(t *testing.T, tables *serviceTables, pod *corev1.Pod, api netip.AddrPort) (serviceproxy.Forward, bool) {
	t.Helper()
	table, _ := tables.of(pod, "network", nil, api)
	if table == nil {
		return serviceproxy.Forward{}, false
	}
	for _, f := range table.Forwards {
		if f.Address.String() == "10.96.0.1:443" {
			return f, true
		}
	}
	return serviceproxy.Forward{}, false
}

func TestThePodsProxyLeadsToTheAPI(t *testing.T) {
	objects := store.New(1)
	createAPIService(objects)
	listening := netip.MustParseAddrPort("127.0.0.1:40000")
	pod, onHost := &corev1.Pod{}, &corev1.Pod{Spec: corev1.PodSpec{HostNetwork: true}}

	tables := newServiceTables(objects)
	tables.refresh()
	if f, ok := apiForward(t, tables, pod, listening); !ok || len(f.Endpoints) != 1 || f.Endpoints[0] != listening || f.Protocol != "TCP" {
		t.Errorf("%+v", f)
	}
	if table, _ := tables.of(pod, "network", nil, listening); len(table.Zone.Names["kubernetes.default.svc.cluster.local."].Addresses) != 1 {
		t.Errorf("the name is not known: %v", table.Zone.Names)
	}
	if _, ok := apiForward(t, tables, onHost, listening); ok {
		t.Error("a pod on the machine's network changes its rules")
	}
	if _, ok := apiForward(t, tables, pod, netip.AddrPort{}); ok {
		t.Error("a pod needs a proxy for an API that it does not reach")
	}
	if _, err := objects.Services.Create(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"}}); err != nil {
		t.Fatal(err)
	}
	tables.refresh()
	if f, ok := apiForward(t, tables, pod, netip.AddrPort{}); !ok || len(f.Endpoints) > 0 {
		t.Errorf("nobody listens, and connections go to %v", f.Endpoints)
	}
}

// TestATokenLetsItsAccountIn on the TCP port, as a token of a service account does in a cluster.
func TestATokenLetsItsAccountIn(t *testing.T) {
	h := newHouse(t)
	end, _ := h.node(Options{TokenKeyFile: t.TempDir() + "/key", ClusterAPI: true})
	access := h.ask()
	request, err := h.client(access).CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	holder := func(token string) kubernetes.Interface {
		return kubernetes.NewForConfigOrDie(&rest.Config{Host: access.Server, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: access.CA}})
	}
	who, err := holder(request.Status.Token).AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil || who.Status.UserInfo.Username != "system:serviceaccount:default:default" {
		t.Errorf("%+v, %v", who, err)
	}
	if err := h.reaches(holder(request.Status.Token + "x")); err == nil {
		t.Error("a token that nobody signed lets in")
	}
	end()
	end, _ = h.node(Options{TokenKeyFile: t.TempDir() + "/key"})
	defer end()
	if err := h.reaches(holder(request.Status.Token)); !apierrors.IsUnauthorized(err) {
		t.Errorf("accounts have no business with this node: %v", err)
	}
}
