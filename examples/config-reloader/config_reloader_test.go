package configreloader_test

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/podsim/podsim/e2e/podtest"
)

func TestTheServerFollowsItsConfigMapWithoutARestart(t *testing.T) {
	evening, err := os.ReadFile("evening.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pod := podtest.Up(t, podtest.File("pod.yaml"), podtest.Patience(3*time.Minute))
	pod.WaitReady()
	address := "http://" + pod.Forward(8080)
	if got := get(t, address); got != "good morning\n" {
		t.Fatalf("the server says %q", got)
	}
	pod.ApplyYAML(string(evening))
	pod.Container("reloader").WaitLog(`^reloaded: `)
	// The server takes the signal first and starts new processes with the new configuration then.
	for deadline := time.Now().Add(time.Minute); get(t, address) != "good evening\n"; {
		if time.Now().After(deadline) {
			t.Fatal("the server was told and still says good morning")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := pod.Container("web").Restarts(); n != 0 {
		t.Errorf("the server was restarted %d times", n)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	// Each time a new connection: an old one stays with the process that took it.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(address)
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
