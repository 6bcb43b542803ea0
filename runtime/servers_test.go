package runtime

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// house is a state directory in which nodes run one after another, on sockets and ports of this machine.
type house struct {
	*testing.T
	dir     string
	machine *enginetest.Engine
}

func newHouse(t *testing.T) *house {
	t.Helper()
	parent, err := os.MkdirTemp("", "podsim") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(endpoint.DirectoryVariable, parent)
	dir, err := endpoint.Directory("")
	if err != nil {
		t.Fatal(err)
	}
	machine := enginetest.New()
	t.Cleanup(func() {
		machine.PowerOff()
		os.RemoveAll(parent)
	})
	return &house{t, dir, machine}
}

// node runs a node until end, or until ended is closed because it ends by itself.
func (h *house) node(options Options) (end func(), ended <-chan struct{}) {
	h.Helper()
	lease, err := endpoint.Acquire(h.dir)
	if err != nil {
		h.Fatal(err)
	}
	options.ID, options.StateDir = "node", h.dir
	node := NewNode(h.machine.Connect(), options)
	ctx, stop := context.WithCancel(h.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := node.Run(ctx, lease.Listener); err != nil {
			h.Errorf("the node ended: %v", err)
		}
		if err := lease.Close(); err != nil {
			h.Error(err)
		}
	}()
	select {
	case <-node.Ready():
	case <-done:
	}
	return func() { stop(); <-done }, done
}

func (h *house) ask() endpoint.Access {
	h.Helper()
	access, err := endpoint.AskAccess(h.Context(), h.dir)
	if err != nil {
		h.Fatal(err)
	}
	return access
}

func (h *house) client(access endpoint.Access) kubernetes.Interface {
	h.Helper()
	config, err := clientcmd.NewDefaultClientConfig(*access.Kubeconfig(""), nil).ClientConfig()
	if err != nil {
		h.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		h.Fatal(err)
	}
	return client
}

// reaches lists pods.
func (h *house) reaches(client kubernetes.Interface) error {
	_, err := client.CoreV1().Pods("").List(h.Context(), metav1.ListOptions{})
	return err
}

func TestAClientReachesTheNextNodeAsTheOneBefore(t *testing.T) {
	h := newHouse(t)
	end, _ := h.node(Options{})
	if remembered, err := endpoint.RememberedAddress(h.dir); remembered != "" || err != nil {
		t.Errorf("a node that nobody asked listens on %q, %v", remembered, err)
	}
	access := h.ask()
	client := h.client(access)
	if err := h.reaches(client); err != nil {
		t.Error(err)
	}
	if again := h.ask(); again.Server != access.Server {
		t.Errorf("asked again, the node listens on %s and not on %s", again.Server, access.Server)
	}
	end()
	if err := h.reaches(client); err == nil {
		t.Error("somebody answers after the end of the node")
	}
	end, _ = h.node(Options{})
	if err := h.reaches(client); err != nil {
		t.Errorf("the next node: %v", err)
	}
	end()

	other, err := net.Listen("tcp", strings.TrimPrefix(access.Server, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	end, _ = h.node(Options{})
	defer end()
	moved := h.ask()
	if err := h.reaches(h.client(moved)); err != nil || moved.Server == access.Server {
		t.Errorf("%s, while its port is taken: %v", moved.Server, err)
	}
}

func TestClientsAreTheAdministrator(t *testing.T) {
	h := newHouse(t)
	end, _ := h.node(Options{})
	defer end()
	overSocket, err := kubernetes.NewForConfig(endpoint.Config(h.dir))
	if err != nil {
		t.Fatal(err)
	}
	for way, client := range map[string]kubernetes.Interface{"the socket": overSocket, "TCP": h.client(h.ask())} {
		review, err := client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Errorf("over %s: %v", way, err)
			continue
		}
		if who := review.Status.UserInfo; who.Username != "kubernetes-admin" || fmt.Sprint(who.Groups) != "[system:masters system:authenticated]" {
			t.Errorf("over %s: %v", way, who)
		}
	}
}

func TestANodeListensWhereItIsTold(t *testing.T) {
	h := newHouse(t)
	free, err := net.Listen("tcp", endpoint.AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	end, _ := h.node(Options{Listen: address})
	defer end()
	access := h.ask()
	if err := h.reaches(h.client(access)); err != nil || access.Server != "https://"+address {
		t.Errorf("told to listen on %s, it does on %s: %v", address, access.Server, err)
	}
}

func TestANodeDoesNotListenForOtherMachines(t *testing.T) {
	listener := newQuietListener()
	node := NewNode(enginetest.New().Connect(), Options{ID: "node", StateDir: t.TempDir(), Listen: "0.0.0.0:0"})
	if err := node.Run(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "only loopback addresses are possible") {
		t.Errorf("error: %v", err)
	}
	if _, err := listener.Accept(); err == nil { // it waits unless it is closed
		t.Error("the socket is left open")
	}
}

func TestARequestOverTCPKeepsANodeThatIsIdleFromEnding(t *testing.T) {
	h := newHouse(t)
	_, ended := h.node(Options{IdleTimeout: 200 * time.Millisecond})
	client := h.client(h.ask())
	seconds, begun := int64(1), time.Now()
	watcher, err := client.CoreV1().Pods("").Watch(t.Context(), metav1.ListOptions{TimeoutSeconds: &seconds})
	if err != nil {
		t.Fatal(err)
	}
	for range watcher.ResultChan() {
	}
	if lasted := time.Since(begun); lasted < 900*time.Millisecond {
		t.Errorf("a watch of 1 s lasted %v", lasted)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the node goes on without requests")
	}
}
