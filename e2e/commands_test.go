package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/podsim/podsim/e2e/nodeproc"
)

// patience is how long a script waits for something that an event brings about. A script that passes never waits that long, however slow the
// machine is.
const patience = time.Minute

// commands are the commands that scripts have beside testscript's own.
func (s *suite) commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits":        exits,
		"await":        await,
		"until":        until,
		"takes":        takes,
		"prompt":       prompt,
		"killnode":     killNode,
		"ends":         ends,
		"release":      release,
		"leakcheck":    s.leakCheck,
		"serve":        serve,
		"registry":     serveRegistry,
		"push":         s.push,
		"muteregistry": muteRegistry,
		"oldengine":    oldEngine,

		"theirnetwork":   s.theirNetwork,
		"theircontainer": s.theirContainer,
		"intheirs":       s.inContainer,
		"published":      s.published,
		"freeports":      freePorts,
		"listen":         listen,
		"fetches":        fetches,
	}
}

// usage fails the script unless the command was given n arguments, or at least n, and no "!".
func usage(ts *testscript.TestScript, neg bool, args []string, n int, more bool, text string) {
	if neg || len(args) < n || len(args) > n && !more {
		ts.Fatalf("usage: %s", text)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, true, "exits CODE[|CODE...] PROGRAM [ARG...]")
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "await FILE REGEXP")
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	var content []byte
	matches := func() (bool, error) {
		content, err = os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
		return pattern.Match(content), nil
	}
	if err := poll(matches); err != nil {
		ts.Fatalf("waiting for %q in %s: %v; it holds:\n%s", args[1], args[0], err, content)
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, true, "until REGEXP PROGRAM [ARG...]")
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	var failed error
	matches := func() (bool, error) {
		failed = ts.Exec(args[1], args[2:]...)
		return failed == nil && pattern.MatchString(ts.ReadFile("stdout")), nil
	}
	if err := poll(matches); err != nil {
		ts.Fatalf("waiting for %q from %v: %v; at last it ended with %v and said:\n%s%s",
			args[0], args[1:], err, failed, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func takes(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 3, true, "takes MIN MAX PROGRAM [ARG...]")
	least, err := time.ParseDuration(args[0])
	ts.Check(err)
	most, err := time.ParseDuration(args[1])
	ts.Check(err)
	begin := time.Now()
	ts.Check(ts.Exec(args[2], args[3:]...))
	if took := time.Since(begin); took < least || took > most {
		ts.Fatalf("%v took %v, want between %v and %v", args[2:], took, least, most)
	}
}

// watched is how long prompt looks: several probes with a period and a timeout of a second fall into it.
const watched = 5 * time.Second

// prompt lets one answer in ten be slow, as a busy machine makes them: a node that something keeps from answering is slow in most.
func prompt(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "prompt LIMIT")
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	socket, err := nodeSocket(ts.Getenv(nodeproc.StateDirVariable))
	ts.Check(err)
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	var took []time.Duration
	for end := time.Now().Add(watched); time.Now().Before(end); {
		begin := time.Now()
		response, err := client.Get("http://node/api/v1/namespaces/" + ts.Getenv("NS") + "/pods")
		ts.Check(err)
		_, err = io.Copy(io.Discard, response.Body)
		ts.Check(errors.Join(err, response.Body.Close()))
		if response.StatusCode != http.StatusOK {
			ts.Fatalf("the node answered %s", response.Status)
		}
		took = append(took, time.Since(begin))
		time.Sleep(10 * time.Millisecond)
	}
	slices.Sort(took)
	ts.Logf("%d answers: median %v, longest %v", len(took), took[len(took)/2], took[len(took)-1])
	if slow := took[len(took)*9/10]; slow > limit {
		ts.Fatalf("one in ten answers took %v or more, want at most %v", slow, limit)
	}
}

// nodeSocket finds the socket of the node that serves a state directory.
func nodeSocket(stateDir string) (string, error) {
	var found string
	err := filepath.WalkDir(stateDir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type()&os.ModeSocket != 0 {
			found = path
		}
		return err
	})
	if err == nil && found == "" {
		err = fmt.Errorf("no node serves %s", stateDir)
	}
	return found, err
}

func killNode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "killnode")
	stateDir := ts.Getenv(nodeproc.StateDirVariable)
	found, err := nodeproc.Find(stateDir)
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no podsim process uses %s", stateDir)
	}
	ts.Check(killNodes(stateDir))
}

// killNodes kills every podsim process of a state directory and returns when they are gone. Where processes cannot be
// found it does nothing.
func killNodes(stateDir string) error {
	return poll(func() (bool, error) {
		found, err := nodeproc.Find(stateDir)
		if errors.Is(err, os.ErrNotExist) {
			return true, nil
		}
		for _, node := range found {
			process, findErr := os.FindProcess(node.PID)
			err = errors.Join(err, findErr)
			if findErr != nil {
				continue
			}
			if killErr := process.Kill(); killErr != nil && !errors.Is(killErr, os.ErrProcessDone) {
				err = errors.Join(err, fmt.Errorf("killing process %d: %w", node.PID, killErr))
			}
		}
		return len(found) == 0, err
	})
}

func (s *suite) leakCheck(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "leakcheck")
	if s.docker != nil {
		left, err := s.leftBehind(ts.Getenv("NS"))
		ts.Check(err)
		if len(left) > 0 {
			ts.Fatalf("left on the engine:\n%s", strings.Join(left, "\n"))
		}
	}
	ends(ts, false, nil)
	ts.Check(filepath.WalkDir(ts.Getenv(nodeproc.StateDirVariable), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type()&os.ModeSocket != 0 {
			err = fmt.Errorf("left behind: socket %s", path)
		}
		return err
	}))
}

// release builds the podsim of a release.
func release(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "release VERSION PROGRAM")
	build := exec.Command("go", "build", "-ldflags", "-s -w -X main.release="+args[0], "-o", ts.MkAbs(args[1]), "../cmd/podsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		ts.Fatalf("building podsim %s: %v\n%s", args[0], err, output)
	}
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "ends")
	stateDir := ts.Getenv(nodeproc.StateDirVariable)
	var found []nodeproc.Process
	ended := func() (done bool, err error) {
		found, err = nodeproc.Find(stateDir)
		if errors.Is(err, os.ErrNotExist) {
			return true, nil
		}
		return err == nil && len(found) == 0, err
	}
	if err := poll(ended); err != nil {
		ts.Fatalf("waiting for the node to end itself: %v; processes: %v", err, found)
	}
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "serve DIR")
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv("URL", server.URL)
}

func muteRegistry(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "muteregistry")
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the engine may use no TLS there; nobody accepts, the kernel does
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv("REGISTRY", listener.Addr().String())
}

// oldEngine answers as an engine whose newest API is older than podsim can use.
func oldEngine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "oldengine VERSION")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", args[0])
		if !strings.HasSuffix(r.URL.Path, "/_ping") {
			http.Error(w, `{"message":"client version is too new. Maximum supported API version is `+args[0]+`"}`, http.StatusBadRequest)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("DOCKER_HOST", strings.Replace(server.URL, "http://", "tcp://", 1))
}

// What is awaited is looked for soon, and then ever less often: most looks start a program, which takes a core from what is awaited.
const firstPoll, lastPoll = 20 * time.Millisecond, 500 * time.Millisecond

// poll calls done until it is true, fails, or patience runs out.
func poll(done func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	for pause := firstPoll; ; pause = min(2*pause, lastPoll) {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v", patience)
		}
		time.Sleep(pause)
	}
}
