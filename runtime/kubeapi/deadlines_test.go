package kubeapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/kubeapi"
)

// Watchers that do not read cost what the kernel keeps for them; they are dropped, and nothing is left of them.
func TestClientsThatNeverRead(t *testing.T) {
	const limit, clients, rounds, size = 4 * time.Second, 20, 20, 500_000
	api := serveWith(t, kubeapi.Config{RequestTime: limit})
	maps := api.clients().CoreV1().ConfigMaps("default")
	if _, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "big"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range clients {
		conn := api.dial()
		fmt.Fprintf(conn, "GET /api/v1/namespaces/default/configmaps?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	reader, err := maps.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		for event := range reader.ResultChan() {
			big, isMap := event.Object.(*corev1.ConfigMap)
			if !isMap {
				t.Errorf("who reads got %+v", event.Object)
				return
			}
			if strings.HasPrefix(big.Data["k"], fmt.Sprintf("%d ", rounds-1)) {
				return
			}
		}
		t.Error("who reads was dropped")
	}()
	for i := range rounds {
		body := fmt.Sprintf(`{"data":{"k":"%d %s"}}`, i, strings.Repeat("x", size))
		response := api.do(http.MethodPatch, "/api/v1/namespaces/default/configmaps/big", body, "Content-Type", mergePatch)
		if response.Body.Close(); response.StatusCode != http.StatusOK {
			t.Fatal(response.Status)
		}
	}
	<-seen // who reads has all
	reader.Stop()
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > heapBound {
		t.Errorf("%d MB of memory are in use", memory.HeapAlloc>>20)
	}
	api.awaitGoroutines(before)
}

// A watch without news, or whose client reads, lasts beyond the time of other requests.
func TestAWatchLastsBeyondTheTimeOfARequest(t *testing.T) {
	const limit = 200 * time.Millisecond
	api := serveWith(t, kubeapi.Config{RequestTime: limit})
	maps := api.clients().CoreV1().ConfigMaps("default")
	watcher, err := maps.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		time.Sleep(2 * limit)
		name := fmt.Sprintf("c-%d", i)
		if _, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		for event := range watcher.ResultChan() {
			if event.Object.(*corev1.ConfigMap).Name == name {
				break
			}
		}
	}
	watcher.Stop()
}

func TestATimeoutThatIsNoDurationIsRefused(t *testing.T) {
	api := serve(t)
	for query, want := range map[string]int{
		"timeout=invalid": http.StatusBadRequest, "timeout=5": http.StatusBadRequest, "timeout=0s": http.StatusOK, "timeout=3m": http.StatusOK, "timeout=": http.StatusOK,
	} {
		response := api.do("GET", "/api/v1/namespaces/default/configmaps?"+query, "")
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != want || (want != http.StatusOK) != strings.Contains(string(body), "invalid timeout specified in the request URL - time: ") {
			t.Errorf("%s: %s, %s, %v", query, response.Status, body, err)
		}
	}
}

// Clients that watch through a WebSocket get their connection, too.
func TestAWatchThroughAWebSocket(t *testing.T) {
	api := serve(t)
	conn := api.dial()
	fmt.Fprint(conn, "GET /api/v1/namespaces/default/configmaps?watch=1 HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	wantAnswer(t, conn, http.StatusSwitchingProtocols)
}

// wantAnswer reads the head of the answer on a connection, which is to come soon and with that code.
func wantAnswer(t *testing.T, conn net.Conn, code int) *http.Response {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != code {
		t.Errorf("it is answered with %s, want %d", response.Status, code)
	}
	return response
}

// A request whose body does not come, or whose answer is not taken, ends.
func TestHalfARequestEnds(t *testing.T) {
	const limit = 300 * time.Millisecond
	api := serveWith(t, kubeapi.Config{RequestTime: limit})
	before := runtime.NumGoroutine()
	conn := api.dial()
	fmt.Fprintf(conn, "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		defer response.Body.Close()
		if response.StatusCode < http.StatusBadRequest {
			t.Errorf("half a request is answered with %s", response.Status)
		}
		_, err = io.Copy(io.Discard, response.Body)
	}
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Error("half a request has no end")
	}
	conn.Close()
	api.awaitGoroutines(before)
}

// dial connects to the server without asking for anything.
func (a *api) dial() net.Conn {
	a.t.Helper()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", a.Listener.Addr().String())
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	return conn
}

// awaitGoroutines waits until no more of them are left than there were before, and some of the clients' own.
func (a *api) awaitGoroutines(before int) {
	a.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before+10; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			a.t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
	}
}
