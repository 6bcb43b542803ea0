package version

import (
	"testing"

	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestVersionIsPrintedInEveryFormat(t *testing.T) {
	info := apiversion.Info{GitVersion: "v1.2.3", GoVersion: "go1.26.0", Compiler: "gc", Platform: "linux/amd64"}
	for output, want := range map[string]string{
		"":     "Client Version: v1.2.3\n",
		"yaml": "clientVersion:\n  buildDate: \"\"\n  compiler: gc\n  gitCommit: \"\"\n  gitTreeState: \"\"\n  gitVersion: v1.2.3\n  goVersion: go1.26.0\n  major: \"\"\n  minor: \"\"\n  platform: linux/amd64\n",
	} {
		streams, _, out, _ := genericiooptions.NewTestIOStreams()
		if err := print(streams.Out, info, output); err != nil || out.String() != want {
			t.Errorf("-o %q: %v, got %q, want %q", output, err, out, want)
		}
	}
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	if err := print(streams.Out, info, "xml"); err == nil {
		t.Error("-o xml is no error")
	}
}

func TestTheLinkersReleaseWins(t *testing.T) {
	if got := Info("v9.9.9").GitVersion; got != "v9.9.9" {
		t.Errorf("got %q", got)
	}
	if got := Info("").GitVersion; got == "" {
		t.Error("no version without a release")
	}
}
