package logtomongodb_test

import (
	"cmp"
	"context"
	"errors"
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

	"github.com/podsim/podsim/e2e/podtest"
)

// image speaks MongoDB's protocol; `go run ./e2e/images ferretdb` builds the usual one, and MONGO_IMAGE=mongo:8 is MongoDB itself.
var image = cmp.Or(os.Getenv("MONGO_IMAGE"), "podsim.local/ferretdb:1.24.2")

func TestNoLineIsLostOrDoubledWhereverTheShipperIsKilled(t *testing.T) {
	const orders = 20
	store := startStore(t)
	podtest.Explore(t, podtest.Scenario{
		Pod:    store.options(podtest.File("pod.yaml"), orders),
		Kill:   "shipper",
		Run:    func(pod *podtest.Pod) { pod.WaitFor(podtest.Succeeded) },
		Check:  func(pod *podtest.Pod) error { return store.hasEachLineOnce(pod, orders) },
		Random: 3,
	})
}

// While the database is away all lines wait in the queue, and only there: they count as read.
func TestLinesThatWaitOutliveTheShipperOnDiskOnly(t *testing.T) {
	const orders = 100
	text, err := os.ReadFile("pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, queue := range []struct {
		settings string
		loses    bool
	}{
		{`queue.type="Disk"`, false},
		{`queue.type="LinkedList" queue.saveOnShutdown="on"`, true}, // disk-assisted, as it has a queue.filename
	} {
		t.Run(queue.settings, func(t *testing.T) {
			t.Parallel()
			store := startStore(t)
			pod := podtest.Up(t, store.options(podtest.YAML(strings.Replace(string(text), `queue.type="Disk"`, queue.settings, 1)), orders)...)
			pod.WaitReady()
			pod.CutNetwork()
			pod.Container("app").Exec("sh", "-c", `until [ $(grep -c accepted /var/log/app/app.log) -ge 30 ]; do sleep 0.1; done`)
			pod.Container("shipper").Kill()
			pod.RestoreNetwork()
			pod.WaitFor(podtest.Succeeded)
			err := store.hasEachLineOnce(pod, orders)
			if (err != nil) != queue.loses {
				t.Errorf("loses %v: %v", queue.loses, err)
			}
			t.Log(err)
		})
	}
}

// mongoStore is a server on a network of its own, where it has the name mongo.
type mongoStore struct {
	network    string
	collection *mongo.Collection
}

func startStore(t *testing.T) *mongoStore {
	t.Helper()
	ctx := t.Context()
	shared, err := network.New(ctx)
	testcontainers.CleanupNetwork(t, shared)
	if err != nil {
		t.Fatal(err)
	}
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

// options bring up a pod that ships so many lines to the store. The application goes on for a while after the last one: a shipper that is
// killed when the application has ended is not started again.
func (s *mongoStore) options(manifest podtest.Option, orders int) []podtest.Option {
	return []podtest.Option{manifest, podtest.Network(s.network), podtest.Env("app", "ORDERS", fmt.Sprint(orders)), podtest.Env("app", "REST", "1"),
		podtest.MaxRestartBackoff(time.Second), podtest.Patience(3 * time.Minute)}
}

// hasEachLineOnce says which of so many lines of a pod are not in the store, or there twice.
func (s *mongoStore) hasEachLineOnce(pod *podtest.Pod, orders int) error {
	ctx := context.Background()
	lines, err := s.collection.Find(ctx, bson.D{{Key: "namespace", Value: pod.Namespace()}})
	if err != nil {
		return err
	}
	var documents []struct{ Pod, Message string }
	if err := lines.All(ctx, &documents); err != nil {
		return err
	}
	found := map[string]int{}
	for _, d := range documents {
		_, order, _ := strings.Cut(d.Message, " ") // without the time
		found[order]++
		if d.Pod != pod.Name() {
			return fmt.Errorf("%q is of pod %q", d.Message, d.Pod)
		}
	}
	var wrong []error
	for i := 1; i <= orders; i++ {
		if n := found[fmt.Sprintf("order %d accepted", i)]; n != 1 {
			wrong = append(wrong, fmt.Errorf("order %d is %d times in the store", i, n))
		}
	}
	return errors.Join(wrong...)
}
