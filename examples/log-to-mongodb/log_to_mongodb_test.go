package logtomongodb_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

// image speaks MongoDB's protocol; `go run ./e2e/images ferretdb` builds the usual one, and MONGO_IMAGE=mongo:8 is MongoDB itself.
var image = cmp.Or(os.Getenv("MONGO_IMAGE"), "podsim.local/ferretdb:1.24.2")

func TestEveryLineArrivesOnce(t *testing.T) {
	t.Parallel()
	store := startStore(t)
	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Network(store.network), podtest.Env("app", "ORDERS", "20"), podtest.Patience(3*time.Minute))
	pod.WaitFor(podtest.Succeeded)
	store.mustHaveOnce(t, 20)
}

func TestNoLineIsLostOrDoubledWhenTheShipperIsKilled(t *testing.T) {
	t.Parallel()
	store := startStore(t)
	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Network(store.network), podtest.Env("app", "ORDERS", "150"),
		podtest.MaxRestartBackoff(time.Second), podtest.Patience(3*time.Minute))
	pod.WaitReady()
	shipper := pod.Container("shipper")
	for kills := 1; kills <= 3; kills++ {
		store.waitForMore(t)
		// SIGKILL, which no process can prepare for. The container ends with it, and the pod gets a new one.
		shipper.Exec("sh", "-c", `comm=$(grep -lx rsyslogd /proc/[0-9]*/comm); pid=${comm%/comm}; kill -KILL ${pid#/proc/}`)
		pod.WaitFor(func(*corev1.Pod) bool { return shipper.Restarts() >= kills })
	}
	pod.WaitFor(podtest.Succeeded)
	store.mustHaveOnce(t, 150)
}

// mongoStore is a server on a network of its own, where it has the name mongo.
type mongoStore struct {
	network    string
	collection *mongo.Collection
	seen       int64
}

func startStore(t *testing.T) *mongoStore {
	t.Helper()
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
	server, err := testcontainers.Run(ctx, image, network.WithNetwork([]string{"mongo"}, shared),
		testcontainers.WithExposedPorts("27017/tcp"),
		testcontainers.WithWaitStrategyAndDeadline(3*time.Minute, wait.ForListeningPort("27017/tcp").WithStartupTimeout(3*time.Minute)))
	testcontainers.CleanupContainer(t, server)
	if err != nil {
		t.Fatal(err)
	}
	address, err := server.PortEndpoint(ctx, "27017/tcp", "mongodb")
	if err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return &mongoStore{network: shared.Name, collection: client.Database("logs").Collection("app")}
}

// waitForMore returns when there are more lines than it saw before.
func (s *mongoStore) waitForMore(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		count, err := s.collection.CountDocuments(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		if count > s.seen {
			s.seen = count
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no more than %d lines arrive", count)
		}
	}
}

func (s *mongoStore) mustHaveOnce(t *testing.T, orders int) {
	t.Helper()
	lines, err := s.collection.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var documents []struct{ Pod, Message string }
	if err := lines.All(t.Context(), &documents); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, d := range documents {
		_, order, _ := strings.Cut(d.Message, " ") // without the time
		found[order]++
		if d.Pod != "log-to-mongodb" {
			t.Errorf("%q is of pod %q", d.Message, d.Pod)
		}
	}
	for i := 1; i <= orders; i++ {
		if n := found[fmt.Sprintf("order %d accepted", i)]; n != 1 {
			t.Errorf("order %d is %d times in the store", i, n)
		}
	}
}
