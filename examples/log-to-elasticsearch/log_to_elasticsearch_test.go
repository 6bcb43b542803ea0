package logtoelasticsearch_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/podsim/podsim/e2e/podtest"
)

const orders = 20

func TestEveryLineArrives(t *testing.T) {
	ctx := t.Context()
	shared, err := network.New(ctx)
	testcontainers.CleanupNetwork(t, shared)
	if err != nil {
		t.Fatal(err)
	}
	store := usedStore()
	server, err := testcontainers.Run(ctx, store.image, network.WithNetwork([]string{"logs"}, shared),
		testcontainers.WithEnv(store.env), testcontainers.WithExposedPorts(store.port),
		testcontainers.WithWaitStrategyAndDeadline(3*time.Minute, wait.ForHTTP(store.health).WithPort(store.port).WithStartupTimeout(3*time.Minute)))
	testcontainers.CleanupContainer(t, server)
	if err != nil {
		t.Fatal(err)
	}

	pod := podtest.Up(t, podtest.YAML(manifest(t, store)), podtest.Network(shared.Name), podtest.Env("app", "ORDERS", fmt.Sprint(orders)),
		podtest.Patience(3*time.Minute))
	pod.WaitFor(podtest.Succeeded)

	address, err := server.PortEndpoint(ctx, store.port, "http")
	if err != nil {
		t.Fatal(err)
	}
	messages, err := store.messages(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, message := range messages {
		_, order, _ := strings.Cut(message, " ") // without the time
		found[order]++
	}
	for i := 1; i <= orders; i++ {
		if n := found[fmt.Sprintf("order %d accepted", i)]; n != 1 {
			t.Errorf("order %d is %d times in the store, which has %q", i, n, messages)
		}
	}
}

// manifest is pod.yaml with that store.
func manifest(t *testing.T, s store) string {
	t.Helper()
	text, err := os.ReadFile("pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	theirs := victoriaLogs.bulk
	if strings.Count(string(text), theirs) != 1 {
		t.Fatalf("pod.yaml names %s not once", theirs)
	}
	return strings.Replace(string(text), theirs, s.bulk, 1)
}
