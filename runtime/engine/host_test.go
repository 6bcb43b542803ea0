package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/client"
	"github.com/opencontainers/go-digest"
)

// dockerConfig makes a Docker configuration directory with the current context and one context "remote", and has the client use it.
func dockerConfig(t *testing.T, current string) {
	t.Helper()
	dir := t.TempDir()
	write := func(content string, path ...string) {
		file := filepath.Join(append([]string{dir}, path...)...)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"currentContext": "`+current+`"}`, "config.json")
	write(`{"Endpoints": {"docker": {"Host": "tcp://remote:2375"}}}`, "contexts", "meta", digest.FromString("remote").Encoded(), "meta.json")
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_HOST", "")
}

func TestHostIsTheFlagThenTheEnvironmentThenTheContextThenTheDefault(t *testing.T) {
	for _, row := range []struct {
		name                                   string
		flag, environment, currentContext, env string
		want                                   string
	}{
		{name: "the flag", flag: "tcp://flag:1", environment: "tcp://env:1", currentContext: "remote", want: "tcp://flag:1"},
		{name: "DOCKER_HOST", environment: "tcp://env:1", currentContext: "remote", want: "tcp://env:1"},
		{name: "the current context", currentContext: "remote", want: "tcp://remote:2375"},
		{name: "DOCKER_CONTEXT before the current context", currentContext: "gone", env: "remote", want: "tcp://remote:2375"},
		{name: "the default context has the default socket", currentContext: "default", want: client.DefaultDockerHost},
		{name: "nothing at all", want: client.DefaultDockerHost},
	} {
		t.Run(row.name, func(t *testing.T) {
			dockerConfig(t, row.currentContext)
			t.Setenv("DOCKER_HOST", row.environment)
			t.Setenv("DOCKER_CONTEXT", row.env)
			got, err := Host(row.flag)
			if err != nil || got != row.want {
				t.Errorf("got %q, error %v, want %q", got, err, row.want)
			}
		})
	}
}

func TestAContextThatIsNotThereIsNamed(t *testing.T) {
	dockerConfig(t, "gone")
	if _, err := Host(""); err == nil || !strings.Contains(err.Error(), `reading the Docker context "gone"`) {
		t.Errorf("got %v", err)
	}
}
