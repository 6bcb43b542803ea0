package kubeapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/podsim/podsim/runtime/kubeapi"
)

// A change is told of when it outlives the node; nothing else waits for that.
func TestChangesAreToldOfWhenTheyLast(t *testing.T) {
	const configMaps = "/api/v1/namespaces/default/configmaps"
	waiting, save := make(chan struct{}), make(chan struct{})
	api := serveWith(t, kubeapi.Config{Saved: func(ctx context.Context) error {
		waiting <- struct{}{}
		<-save
		return nil
	}})
	for _, c := range []struct {
		method, path, body string
		code               int
		waits              bool
	}{
		{"POST", configMaps, `{"metadata":{"name":"a"}}`, 201, true},
		{"POST", configMaps, `{"metadata":{"name":"a/b"}}`, 422, false},
		{"GET", configMaps + "/a", "", 200, false},
		{"PUT", configMaps + "/a", `{"metadata":{"name":"a"},"data":{"k":"v"}}`, 200, true},
		{"PATCH", configMaps + "/a", `{"data":{"k":"w"}}`, 200, true},
		{"DELETE", configMaps + "/a", "", 200, true},
		{"DELETE", configMaps + "/a", "", 404, false},
		{"DELETE", configMaps, "", 200, true},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			answered := make(chan int, 1)
			go func() {
				request, err := http.NewRequestWithContext(t.Context(), c.method, api.URL+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Error(err)
				}
				request.Header.Set("Content-Type", map[string]string{"PATCH": mergePatch}[c.method])
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
				answered <- response.StatusCode
			}()
			waited := false
			for code := 0; code == 0; {
				select {
				case <-waiting:
					if waited = true; len(answered) > 0 {
						t.Error("it was answered before")
					}
					save <- struct{}{}
				case code = <-answered:
					if code != c.code || waited != c.waits {
						t.Errorf("%d, waited %v; want %d, %v", code, waited, c.code, c.waits)
					}
				}
			}
		})
	}
}
