package kubeapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/fault"
)

func TestFaultsOverTheAPI(t *testing.T) {
	api := serve(t)
	api.havePod("web")
	client := api.clients().CoreV1().RESTClient()
	faults := endpoint.NewFaults(client, "default", "web")
	done, err := faults.Inject(t.Context(), fault.Fault{Kind: fault.Pause, Container: "app"})
	if err != nil || done.ID != "pause/app" {
		t.Fatalf("%+v, %v", done, err)
	}
	lasting, err := faults.List(t.Context())
	if diff := cmp.Diff([]fault.Fault{done}, lasting); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, test := range []struct {
		ids  []string
		want int
	}{{[]string{"cut"}, 0}, {[]string{"pause/app"}, 1}, {nil, 0}} {
		if cleared, err := faults.Clear(t.Context(), test.ids...); err != nil || len(cleared) != test.want {
			t.Errorf("clearing %v: %v, %v", test.ids, cleared, err)
		}
	}
	_, err = faults.Inject(t.Context(), fault.Fault{Kind: fault.Kill, Container: "nobody"})
	if !apierrors.IsBadRequest(err) || err.Error() != `pod web has no container "nobody"` {
		t.Errorf("a container that is not there: %v", err)
	}
	if _, err := endpoint.NewFaults(client, "default", "nobody").List(t.Context()); !apierrors.IsNotFound(err) {
		t.Errorf("a pod that is not there: %v", err)
	}
	for body, want := range map[string]string{`{"kind":"kill","unknown":1}`: "unknown field", `nonsense`: "invalid character"} {
		response := api.do(http.MethodPost, fault.Path("default", "web"), body)
		words, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusBadRequest || !strings.Contains(string(words), want) {
			t.Errorf("%s: %s %s, %v", body, response.Status, words, err)
		}
	}
}
