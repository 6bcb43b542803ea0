package logtoelasticsearch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/podsim/podsim/e2e/podtest"
)

const (
	// store answers to Elasticsearch's bulk API; `go run ./e2e/images victorialogs` builds it.
	store  = "podsim.local/victorialogs:1.33.1"
	orders = 20
)

func TestEveryLineArrives(t *testing.T) {
	ctx := t.Context()
	shared, err := network.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.Remove(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	logs, err := testcontainers.Run(ctx, store, network.WithNetwork([]string{"logs"}, shared),
		testcontainers.WithExposedPorts("9428/tcp"),
		testcontainers.WithWaitStrategyAndDeadline(3*time.Minute, wait.ForHTTP("/health").WithPort("9428/tcp").WithStartupTimeout(3*time.Minute)))
	testcontainers.CleanupContainer(t, logs)
	if err != nil {
		t.Fatal(err)
	}

	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Network(shared.Name), podtest.Env("app", "ORDERS", fmt.Sprint(orders)),
		podtest.Patience(3*time.Minute))
	pod.WaitFor(podtest.Succeeded)

	address, err := logs.PortEndpoint(ctx, "9428/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	// The store takes lines at once and finds them within a second.
	var found map[string]int
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && len(found) < orders; {
		if found, err = messages(ctx, address); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i <= orders; i++ {
		if n := found[fmt.Sprintf("order %d accepted", i)]; n != 1 {
			t.Errorf("order %d is %d times in the store", i, n)
		}
	}
}

// messages counts the store's lines, without the time that each begins with.
func messages(ctx context.Context, address string) (map[string]int, error) {
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/select/logsql/query?query="+url.QueryEscape(`pod:="log-to-elasticsearch"`), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(question)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	found := map[string]int{}
	for lines := json.NewDecoder(answer.Body); lines.More(); {
		var line struct {
			Message string `json:"_msg"`
		}
		if err := lines.Decode(&line); err != nil {
			return nil, err
		}
		found[line.Message[len("2006-01-02T15:04:05Z "):]]++
	}
	return found, nil
}
