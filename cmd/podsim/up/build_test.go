package up

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// buildsOf are those that the flags ask for of a manifest's pods.
func buildsOf(t *testing.T, text string, flags ...string) (*builds, *manifest.Contents, error) {
	t.Helper()
	images, err := parseImages(nil, flags)
	if err != nil {
		t.Fatal(err)
	}
	a := amender{images: images}
	m, err := manifest.Load(t.Context(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text), Replicas: 2, Amend: a.amend})
	if err = errors.Join(err, a.check()); err != nil {
		t.Fatal(err)
	}
	b, err := newBuilds(images, m, &bytes.Buffer{})
	return b, m, err
}

// sources is a directory with a Dockerfile.
func sources(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestContainersGetTheImagesThatAreBuiltForThem(t *testing.T) {
	machine := enginetest.New()
	defer machine.PowerOff()
	b, m, err := buildsOf(t, twoPods, "web/app="+sources(t), "side="+sources(t))
	if err != nil {
		t.Fatal(err)
	}
	b.engine = machine.Connect()
	if err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`:[0-9a-f]{12}$`)
	var got []string
	for _, pod := range m.Pods {
		for c := range podspec.Containers(pod) {
			got = append(got, tag.ReplaceAllString(c.Image, ":TAG")+" "+string(c.ImagePullPolicy))
		}
	}
	app, proxy := "podsim.local/default/web/app:TAG Never", "a:1 IfNotPresent"
	want := []string{"a Always", "podsim.local/default/shop/side:TAG Never", "a:1 IfNotPresent", app, proxy, app, proxy}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(b.all[0].pods)+len(b.all[1].pods) != 3 {
		t.Errorf("pods %v and %v", b.all[0].pods, b.all[1].pods)
	}
	told := b.out.(*bytes.Buffer).String()
	if !strings.Contains(told, "container side: built podsim.local/default/shop/side:") || strings.Contains(told, "Step") {
		t.Errorf("told:\n%s", told)
	}
}

// failing is an engine whose builds fail.
type failing struct{ engine.Engine }

func (failing) ImageBuild(_ context.Context, content io.Reader, _ dockerbuild.ImageBuildOptions) (dockerbuild.ImageBuildResponse, error) {
	_, err := io.Copy(io.Discard, content)
	const stream = `{"stream":"Step 1/1 : RUN make\n"}{"stream":"no rule\n"}{"errorDetail":{"message":"it returned 2"},"error":"it returned 2"}`
	return dockerbuild.ImageBuildResponse{Body: io.NopCloser(strings.NewReader(stream))}, err
}

func TestAFailedBuildShowsItsOutput(t *testing.T) {
	dir := sources(t)
	b, _, err := buildsOf(t, shop, "app="+dir)
	if err != nil {
		t.Fatal(err)
	}
	b.engine = failing{}
	err = b.run(t.Context())
	if want := `container "app": building ` + dir + ": step 1/1 (RUN make): it returned 2"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if told := b.out.(*bytes.Buffer).String(); !strings.HasSuffix(told, "Step 1/1 : RUN make\nno rule\n") {
		t.Errorf("told:\n%s", told)
	}
}

func TestDirectoriesAreLookedAtBeforeAnythingIsBuilt(t *testing.T) {
	_, _, err := buildsOf(t, shop, "app="+sources(t), "side=/nosuch")
	if code, text := exit.Report(err); code != exit.BadManifest || text != "error: --build=side=/nosuch: there is no such directory\n" {
		t.Errorf("exit %d: %s", code, text)
	}
}
