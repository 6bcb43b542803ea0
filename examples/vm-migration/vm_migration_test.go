package vmmigration_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

// patience is enough for a new database on a slow disk, and for the cron job, which runs at the full minute.
const patience = 5 * time.Minute

func TestTheMachinesServicesWorkTogetherInAPod(t *testing.T) {
	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Patience(patience))
	pod.WaitReady()
	shop := "http://" + pod.Forward(8080) + "/cgi-bin/"
	if got := get(t, shop+"order?tea"); got != "order 1: tea\n" {
		t.Errorf("the order is answered with %q", got)
	}
	if got := get(t, shop+"orders"); got != "tea\n" {
		t.Errorf("the orders are %q", got)
	}
	pod.Container("cron").WaitLog(`^orders: 1$`)

	ending := pod.Delete(podtest.OwnGrace)
	database, _ := ending.Of("database")
	for _, c := range ending.Containers {
		if c.ExitCode != 0 {
			t.Errorf("%s did not end well:\n%s", c.Name, ending)
		}
		if c.Name != "database" && c.Seen.After(database.Seen) {
			t.Errorf("%s ended after the database that it uses:\n%s", c.Name, ending)
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
