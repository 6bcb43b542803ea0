package podtest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/podsim/podsim/e2e/podtest"
)

func TestTheSidecarShipsWhatTheAppLogs(t *testing.T) {
	pod := podtest.Up(t, podtest.File("testdata/pod.yaml"), podtest.Env("app", "GREETING", "hello"))
	pod.WaitReady()
	pod.Container("sidecar").WaitLog("shipped: hello")
	if got := pod.Container("app").Exec("cat", "/var/log/app.log"); got.Code != 0 {
		t.Errorf("the app has no log: %s", got.Stderr)
	}
	ending := pod.Delete(podtest.OwnGrace)
	if end, _ := ending.Of("sidecar"); end.ExitCode != 0 {
		t.Errorf("the sidecar did not end well:\n%s", ending)
	}
}

func TestTheDocumentsShowATestThatRuns(t *testing.T) {
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\nfunc ")
	code, _, _ = strings.Cut("func "+code, "\n}\n")
	for path, indent := range map[string]string{"../../README.md": "    ", "doc.go": "//\t"} {
		document, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := indent + strings.ReplaceAll(code, "\n", "\n"+indent) + "\n" + indent + "}\n"; !strings.Contains(string(document), want) {
			t.Errorf("%s does not have:\n%s", path, want)
		}
	}
}
