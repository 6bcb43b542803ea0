package servicemesh_test

import (
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

func TestTrafficPassesThroughTheProxy(t *testing.T) {
	pods := map[string]*podtest.Pod{}
	for _, pod := range podtest.UpAll(t, podtest.File("pods.yaml"), podtest.Patience(3*time.Minute)) {
		pods[pod.Name()] = pod
	}
	web, client := pods["web"], pods["client"].Container("client")
	// The application listens on 127.0.0.1 alone, so the probe reached it through the proxy.
	web.WaitReady()
	pods["client"].WaitReady()
	web.Container("proxy").WaitLog(`"GET /healthz HTTP/1\.1" 200 .*kube-probe`)

	client.Exec("timeout", "30", "sh", "-c", "until wget -qO- http://web/cgi-bin/headers; do sleep 0.1; done") // the Service learns a moment later of a ready pod
	ip := pods["client"].Status().PodIP
	for name, address := range map[string]string{
		"the Service":                        "web",
		"the pod's address":                  web.Status().PodIP + ":8080",
		"a port where nothing ever listened": web.Status().PodIP + ":9999",
	} {
		got := client.Exec("wget", "-S", "-qO-", "http://"+address+"/cgi-bin/headers")
		if got.Code != 0 || !strings.Contains(got.Stdout, "HTTP_X_MESH_CLIENT="+ip+"\n") {
			t.Errorf("by %s, the application was not told of the client %s by the proxy: %+v", name, ip, got)
		}
		if !strings.Contains(got.Stderr, "X-Mesh: inbound") {
			t.Errorf("by %s, the proxy added no header to the answer: %+v", name, got)
		}
	}
	if own := web.Container("app").Exec("wget", "-S", "-qO-", "http://127.0.0.1:8080/cgi-bin/headers"); strings.Contains(own.Stdout, "MESH") {
		t.Errorf("what goes to 127.0.0.1 passed through the proxy, which would be a circle: %+v", own)
	}
}
