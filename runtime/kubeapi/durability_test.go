package kubeapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/podsim/podsim/runtime/kubeapi"
)

// A change is told of when it outlives the node; nothing else waits for that.
func TestChangesAreToldOfWhenTheyLast(t *testing.T) {
	const configMaps = "/api/v1/namespaces/default/configmaps"
	waiting, save := make(chan struct{}), make(chan error)
	api := serveWith(t, kubeapi.Config{Saved: func(context.Context) error {
		waiting <- struct{}{}
		return <-save
	}})
	for _, c := range []struct {
		method, path, body string
		code               int
		waits              bool
	}{
		{"POST", configMaps + "?dryRun=All", `{"metadata":{"name":"a"}}`, 201, false},
		{"POST", configMaps, `{"metadata":{"name":"a"}}`, 201, true},
		{"POST", configMaps, `{"metadata":{"name":"a/b"}}`, 422, false},
		{"GET", configMaps + "/a", "", 200, false},
		{"PUT", configMaps + "/a", `{"metadata":{"name":"a"},"data":{"k":"v"}}`, 200, true},
		{"PATCH", configMaps + "/a", `{"data":{"k":"w"}}`, 200, true},
		{"DELETE", configMaps + "/a", "", 200, true},
		{"DELETE", configMaps + "/a", "", 404, false},
		{"DELETE", configMaps, "", 200, false}, // nothing is there
		{"POST", configMaps, `{"metadata":{"name":"b"}}`, 201, true},
		{"DELETE", configMaps, "", 200, true},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), c.method, api.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", map[string]string{"PATCH": mergePatch}[c.method])
			answered := make(chan int, 1)
			go func() {
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Error(err)
					answered <- -1
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
					save <- nil
				case code = <-answered:
					if code != c.code || waited != c.waits {
						t.Errorf("%d, waited %v; want %d, %v", code, waited, c.code, c.waits)
					}
				}
			}
		})
	}
}

func TestAChangeThatMayBeLostIsAnsweredWithAWarning(t *testing.T) {
	api := serveWith(t, kubeapi.Config{Saved: func(context.Context) error { return errors.New("no space left on device") }})
	response := api.do("POST", "/api/v1/namespaces/default/configmaps", `{"metadata":{"name":"a"}}`)
	const want = `299 - "the change is made, and may be lost when the node ends: no space left on device"`
	if got := response.Header.Values("Warning"); response.StatusCode != 201 || len(got) != 1 || got[0] != want {
		t.Errorf("%s with the warnings %q, want %s", response.Status, got, want)
	}
}
