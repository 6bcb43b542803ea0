package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The test program is also the node that Spawn starts: its arguments are then "node", what it does and its directory.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "node" {
		runNode(os.Args[2], os.Args[3])
	}
	os.Exit(m.Run())
}

// runNode is a node: it serves /version until /stop.
func runNode(kind, dir string) {
	switch kind {
	case "silent":
		os.Exit(1)
	case "dies":
		for i := range 20 {
			fmt.Fprintln(os.Stderr, "line", i)
		}
		os.Exit(1)
	case "refuses":
		Report(errors.New("the engine does not answer"))
		os.Exit(1)
	case "hangs":
		waitForever()
	case "hangs aloud":
		fmt.Fprintln(os.Stderr, "asking the engine")
		waitForever()
	}
	identity := NewIdentity("v1.2.3")
	lease, err := Acquire(dir)
	if err != nil {
		Report(err)
		os.Exit(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, os.Getpid()) })
	mux.HandleFunc("/stop", func(http.ResponseWriter, *http.Request) {
		lease.Close()
		os.Exit(0)
	})
	fmt.Println("serving")
	Report(nil)
	http.Serve(lease.Listener, WithIdentity(mux, identity, func() {
		go func() { // the answer comes first, and the end some time after
			time.Sleep(100 * time.Millisecond)
			lease.Close()
			os.Exit(0)
		}()
	}))
	waitForever()
}

// waitForever blocks until the process is killed; a select without cases would count as a deadlock.
func waitForever() { <-time.After(time.Hour) }

func node(kind, dir string) Node {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Node{Executable: self, Args: []string{"node", kind, dir}}
}

// get asks the node of the directory.
func get(dir, path string) (string, error) {
	client := http.Client{Transport: &http.Transport{DialContext: Config(dir).Dial, DisableKeepAlives: true}}
	response, err := client.Get("http://podsim" + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// stop ends the node and returns when its process has ended.
func stop(t *testing.T, dir string) {
	t.Helper()
	life, err := net.Dial("unix", socketPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer life.Close()
	get(dir, "/stop")
	io.Copy(io.Discard, life)
}

func TestSpawnedNodeServesAndLeavesNothing(t *testing.T) {
	dir := stateDirectory(t)
	if err := Ping(t.Context(), dir); err == nil {
		t.Error("Ping: no error though no node is there")
	}
	if started, err := Spawn(t.Context(), node("serves", dir), dir); err != nil || !started {
		t.Fatalf("started %v, %v", started, err)
	}
	if err := Ping(t.Context(), dir); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if log, err := os.ReadFile(LogPath(dir)); err != nil || string(log) != "serving\n" {
		t.Errorf("log %q, %v", log, err)
	}
	stop(t, dir)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state directory is left behind: %v", err)
	}
}

func TestANodeIsReplacedByAnother(t *testing.T) {
	dir := stateDirectory(t)
	if _, err := Spawn(t.Context(), node("serves", dir), dir); err != nil {
		t.Fatal(err)
	}
	first, err := Identify(t.Context(), dir)
	if err != nil || first.PID == 0 || first.Version != "v1.2.3" || !first.Background || !slices.Equal(first.Arguments, []string{"node", "serves", dir}) {
		t.Fatalf("%+v, %v", first, err)
	}
	if err := AskEnd(t.Context(), dir, Identity{PID: first.PID + 1}); err == nil {
		t.Error("a node ends in place of another")
	}
	if err := AskEnd(t.Context(), dir, first); err != nil {
		t.Fatal(err)
	}
	next := node("serves", dir)
	next.Replaces = first.PID
	if started, err := Spawn(t.Context(), next, dir); err != nil || !started {
		t.Fatalf("started %v, %v", started, err)
	}
	defer stop(t, dir)
	if second, err := Identify(t.Context(), dir); err != nil || second.PID == first.PID {
		t.Errorf("after %+v comes %+v, %v", first, second, err)
	}
}

func TestConcurrentSpawnsShareOneNode(t *testing.T) {
	dir := stateDirectory(t)
	var commands sync.WaitGroup
	var starters atomic.Int32
	answers := make([]string, 4)
	for i := range answers {
		commands.Go(func() {
			started, err := Spawn(t.Context(), node("serves", dir), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if started {
				starters.Add(1)
			}
			answers[i], _ = get(dir, "/version")
		})
	}
	commands.Wait()
	defer stop(t, dir)
	if n := starters.Load(); n != 1 {
		t.Errorf("%d commands have started the one node", n)
	}
	for _, answer := range answers {
		if answer == "" || answer != answers[0] {
			t.Errorf("nodes with the process ids %q answer, want one", answers)
		}
	}
}

func TestSpawnTakesOverFromANodeThatEnds(t *testing.T) {
	dir := stateDirectory(t)
	ending, err := takeLock(dir) // it has no socket any more
	if err != nil {
		t.Fatal(err)
	}
	spawned := make(chan error)
	go func() {
		_, err := Spawn(t.Context(), node("serves", dir), dir)
		spawned <- err
	}()
	select {
	case err := <-spawned:
		t.Fatalf("Spawn returned beside a node that has not ended: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	dropLock(ending)
	if err := <-spawned; err != nil {
		t.Fatal(err)
	}
	stop(t, dir)
}

func TestNodeThatCannotStartSaysWhyAndLeavesNothing(t *testing.T) {
	for kind, want := range map[string]string{
		"silent":      "starting a node in the background: it ended without a word",
		"dies":        "starting a node in the background: it ended; its last words:\nline 10\nline 11\n",
		"refuses":     "starting a node in the background: the engine does not answer",
		"hangs":       "starting a node in the background: the engine is slow",
		"hangs aloud": "starting a node in the background: the engine is slow; the node's last words:\nasking the engine",
	} {
		t.Run(kind, func(t *testing.T) {
			dir := stateDirectory(t)
			ctx := t.Context()
			if strings.HasPrefix(kind, "hangs") {
				limited, cancel := context.WithTimeoutCause(ctx, 500*time.Millisecond, errors.New("the engine is slow"))
				defer cancel()
				ctx = limited
			}
			_, err := Spawn(ctx, node(kind, dir), dir)
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error: %v\nwant %s", err, want)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the state directory is left behind: %v", err)
			}
		})
	}
	dir := stateDirectory(t)
	_, err := Spawn(t.Context(), Node{Executable: "/no/such/program"}, dir)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestANodeThatNeverAnswersIsNamedWithTheWayOut(t *testing.T) {
	dir := stateDirectory(t)
	lease, err := Acquire(dir) // it listens, and nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	err = ping(t.Context(), dir, 50*time.Millisecond)
	if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "kill -CONT") || !strings.Contains(err.Error(), LogPath(dir)) {
		t.Errorf("error: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Ping(ended, dir); !errors.Is(err, context.Canceled) || errors.Is(err, ErrSilent) {
		t.Errorf("error of a context that ended: %v", err)
	}
}

func TestReportWithoutASpawnerDoesNothing(t *testing.T) {
	if err := Report(nil); err != nil {
		t.Error(err)
	}
}
