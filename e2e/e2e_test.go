package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/podsim/podsim/e2e/nodeproc"
	"github.com/podsim/podsim/runtime/engine"
)

// idleTimeout is how long a background node of a script outlives its last pod. It is short, so that scripts end soon, and
// long enough for the next command of a script to find the node that the one before left.
const idleTimeout = 2 * time.Second

// scriptTimeout is how long a script may run before its podsim processes are killed, so that it fails and shows why.
const scriptTimeout = 5 * time.Minute

func TestScripts(t *testing.T) {
	s := newSuite(t)
	if s.docker == nil {
		t.Logf("no Docker Engine answers (%v): the scripts that need one are skipped", s.noEngine)
	} else {
		s.ensureImages(t)
		before := s.contents(t)
		t.Cleanup(func() { requireSame(t, before, s.contents(t)) })
	}
	// A subtest ends when all that run in parallel in it have ended; those of TestScripts itself begin after it.
	t.Run("alone", func(t *testing.T) { s.run(t, "testdata/alone", "") })
	for _, way := range []string{"", "tunnel"} {
		t.Run("dial-"+cmp.Or(way, "automatic"), func(t *testing.T) {
			t.Parallel()
			s.run(t, "testdata/dial", way)
		})
	}
	s.run(t, "testdata/script", "")
}

// run runs the scripts of a directory in parallel. A way other than "" is how the node reaches into pods.
func (s *suite) run(t *testing.T, dir, way string) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Setup:               func(env *testscript.Env) error { return s.setup(env, way) },
		Condition:           s.condition,
		Cmds:                s.commands(),
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
	})
}

// suite is what all scripts share.
type suite struct {
	bin      string         // the directory with the program podsim
	examples string         // the directory with the examples
	docker   *client.Client // nil where no engine answers
	host     string         // the engine's endpoint
	noEngine error          // why docker is nil
}

// newSuite builds podsim and looks for an engine.
func newSuite(t *testing.T) *suite {
	t.Helper()
	examples, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatalf("finding the examples: %v", err)
	}
	s := &suite{bin: t.TempDir(), examples: examples}
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", s.bin, "../cmd/podsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building podsim: %v\n%s", err, output)
	}
	s.docker, s.host, s.noEngine = connect(t.Context())
	if s.docker != nil {
		t.Cleanup(func() { s.docker.Close() })
	}
	return s
}

// connect finds the engine as podsim does.
func connect(ctx context.Context) (*client.Client, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	host, err := engine.Host("")
	if err != nil {
		return nil, "", err
	}
	docker, err := client.NewClientWithOpts(client.WithTLSClientConfigFromEnv(), client.WithHost(host), client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, host, err
	}
	if _, err := docker.Ping(ctx); err != nil {
		return nil, host, errors.Join(err, docker.Close())
	}
	return docker, host, nil
}

func (s *suite) ensureImages(t *testing.T) {
	t.Helper()
	if output, err := exec.Command("go", "run", "./images").CombinedOutput(); err != nil {
		t.Fatalf("making sure that the engine has the scripts' images: %v\n%s", err, output)
	}
}

// setup gives a script its environment, and takes care that nothing of it runs on afterwards, however it ended.
func (s *suite) setup(env *testscript.Env, way string) error {
	namespace := fmt.Sprintf("%s%s-%d", way, filepath.Base(env.WorkDir)[len("script-"):], os.Getpid())
	// A Unix socket's path may have some 100 bytes, which a directory under the script's own could exceed.
	stateDir, err := os.MkdirTemp("", "podsim-e2e-")
	if err != nil {
		return fmt.Errorf("making a state directory: %w", err)
	}
	env.Setenv("PATH", s.bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("NS", namespace)
	env.Setenv("EXAMPLES", s.examples)
	env.Setenv(nodeproc.StateDirVariable, stateDir)
	env.Setenv("PODSIM_IDLE_TIMEOUT", idleTimeout.String())
	env.Setenv("DOCKER_HOST", s.host)
	for _, name := range []string{"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "PODSIM_DIAL"} {
		if value, set := os.LookupEnv(name); set {
			env.Setenv(name, value)
		}
	}
	if way != "" {
		env.Setenv("PODSIM_DIAL", way)
	}
	pushed := &[]string{}
	env.Values[pushedKey{}] = pushed
	// The command that hangs then fails with "signal: killed", which the script's log shows.
	overdue := time.AfterFunc(scriptTimeout, func() { _ = killNodes(stateDir) })
	env.Defer(func() {
		overdue.Stop()
		err := errors.Join(killNodes(stateDir), s.removeAll(namespace), s.removeImages(*pushed), os.RemoveAll(stateDir))
		if err != nil {
			env.T().Log("cleaning up: ", err)
		}
	})
	return nil
}

// condition adds [engine]: a Docker Engine answers; [localengine]: and it does on this machine, whose loopback it shares; [ipv6]: it
// can make networks with IPv6; [procfs]: processes can be found and killed by their environment.
func (s *suite) condition(name string) (bool, error) {
	switch name {
	case "engine":
		return s.docker != nil, nil
	case "localengine":
		return s.docker != nil && runtime.GOOS == "linux" && strings.HasPrefix(s.host, "unix://"), nil
	case "cgroup2":
		if s.docker == nil {
			return false, nil
		}
		info, err := s.docker.Info(context.Background())
		return info.CgroupVersion == "2", err
	case "ipv6":
		return s.hasIPv6(), nil
	case "procfs":
		_, err := os.Stat("/proc/self/environ")
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
