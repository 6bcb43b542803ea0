package kubeconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/podsim/podsim/runtime/endpoint"
)

// own is a kubeconfig of podsim's own, changed.
func own(t *testing.T, change func(*clientcmdapi.Config)) string {
	t.Helper()
	config := endpoint.Access{Server: "https://127.0.0.1:6443"}.Kubeconfig("")
	change(config)
	content, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestOnlyFilesOfPodsimsOwnAreReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		content  string
		replaced bool
	}{
		"an empty file":     {"", true},
		"podsim's own":      {own(t, func(*clientcmdapi.Config) {}), true},
		"text":              {"hello", false},
		"another kind":      {"apiVersion: v1\nkind: Pod\n", false},
		"no cluster":        {"apiVersion: v1\nkind: Config\n", false},
		"another cluster":   {own(t, func(c *clientcmdapi.Config) { c.Clusters["prod"] = clientcmdapi.NewCluster() }), false},
		"another user":      {own(t, func(c *clientcmdapi.Config) { c.AuthInfos["me"] = clientcmdapi.NewAuthInfo() }), false},
		"a context of mine": {own(t, func(c *clientcmdapi.Config) { c.Contexts["mine"] = clientcmdapi.NewContext() }), false},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(file, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			err := checkReplaceable(file)
			if (err == nil) != c.replaced || err != nil && !strings.Contains(err.Error(), file+" is there and not a kubeconfig of podsim's own") {
				t.Errorf("error: %v", err)
			}
		})
	}
	dir := t.TempDir()
	if err := checkReplaceable(filepath.Join(dir, "new")); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := checkReplaceable(dir); err == nil {
		t.Error("a directory is no file to write")
	}
	if err := os.Symlink(filepath.Join(dir, "new"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := checkReplaceable(filepath.Join(dir, "link")); err == nil {
		t.Error("a link is no file to write")
	}
}

func TestOnlyTheUserReadsTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(file, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil || string(content) != "secret" {
		t.Errorf("content %q, %v", content, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left beside it: %v, %v", files, err)
	}
	if err := write(filepath.Join(dir, "missing", "config"), nil); err == nil || !strings.HasPrefix(err.Error(), "writing the kubeconfig: ") {
		t.Errorf("a directory that is not there: %v", err)
	}
}
