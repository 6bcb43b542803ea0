package build

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// directory is a new one with files of the given contents by their paths.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestADirectoryThatNothingCanBeBuiltFrom(t *testing.T) {
	empty := directory(t, nil)
	for _, c := range []struct{ path, want string }{
		{filepath.Join(empty, "nosuch"), ": there is no such directory"},
		{empty, ": there is no Dockerfile in it"},
		{filepath.Join(directory(t, map[string]string{"Dockerfile": "FROM scratch"}), "Dockerfile"), " is not a directory; give the one that the Dockerfile stands in"},
		{directory(t, map[string]string{"Dockerfile": ""}), ": its Dockerfile is empty"},
		{directory(t, map[string]string{"Dockerfile/a": "x"}), ": its Dockerfile is not a file"},
		{directory(t, map[string]string{"Dockerfile": "FROM scratch", ".dockerignore": "[a"}), "reading "},
	} {
		if _, err := Open(c.path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: got %v, want %q", c.path, err, c.want)
		}
	}
}

func TestTheEngineGetsWhatIsNotIgnored(t *testing.T) {
	from, err := Open(directory(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . /", ".dockerignore": "# notes\n*.log\nout\n!out/kept\nDockerfile\n",
		"app": "a", "a.log": "x", "deep/b.log": "x", "out/b": "x", "out/kept": "x",
	}))
	if err != nil {
		t.Fatal(err)
	}
	content, err := from.archive()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var files []string
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			files = append(files, header.Name)
		}
		if header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", header.Name, header.Uid, header.Gid)
		}
	}
	slices.Sort(files)
	if diff := cmp.Diff([]string{".dockerignore", "Dockerfile", "app", "deep/b.log", "out/kept"}, files); diff != "" {
		t.Error(diff)
	}
	for file, want := range map[string]bool{"app": false, "Dockerfile": false, "a.log": true, "out/b": true, "out/kept": false, "out/c/d": true} {
		if from.Ignores(file) != want {
			t.Errorf("%s is ignored: %v", file, !want)
		}
	}
}

func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	for name, want := range map[string]string{"deep/kept": "deep/kept: permission denied; leave it out with .dockerignore", "out": ""} {
		dir := directory(t, map[string]string{"Dockerfile": "FROM scratch", ".dockerignore": "out", name: "x"})
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
		from, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := from.check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// answering is an engine whose builds answer with a stream.
type answering struct {
	Engine
	stream  string
	options build.ImageBuildOptions
	tagged  []string
}

func (a *answering) ImageBuild(ctx context.Context, content io.Reader, options build.ImageBuildOptions) (build.ImageBuildResponse, error) {
	a.options = options
	if _, err := io.Copy(io.Discard, content); err != nil {
		return build.ImageBuildResponse{}, err
	}
	return build.ImageBuildResponse{Body: io.NopCloser(strings.NewReader(a.stream))}, ctx.Err()
}

func (a *answering) ImageTag(_ context.Context, id, ref string) error {
	a.tagged = append(a.tagged, id+" "+ref)
	return nil
}

func source(t *testing.T) *Directory {
	t.Helper()
	from, err := Open(directory(t, map[string]string{"Dockerfile": "FROM scratch"}))
	if err != nil {
		t.Fatal(err)
	}
	return from
}

var app = Container{"default", "web", "app"}

func TestAnImageIsNamedAfterItsContainerAndContent(t *testing.T) {
	e := &answering{stream: `{"stream":"Step 1/1 : FROM scratch\n"}{"aux":{"ID":"sha256:0123456789abcdef"}}{"stream":"Successfully built\n"}`}
	ref, err := Image(t.Context(), e, app, source(t))
	if want := "podsim.local/default/web/app:0123456789ab"; err != nil || ref != want || !slices.Equal(e.tagged, []string{"sha256:0123456789abcdef " + want}) {
		t.Errorf("%s, %v, tagged %v", ref, err, e.tagged)
	}
	if e.options.Labels[Label] != "default/web/app" || !e.options.ForceRemove {
		t.Errorf("built with %+v", e.options)
	}
}

func TestAFailedBuildTellsItsStep(t *testing.T) {
	for stream, want := range map[string]string{
		`{"stream":"Step 1/2 : FROM a\n"}{"stream":"Step 2/2 : RUN make\n"}{"stream":" ---\u003e Running\n"}{"errorDetail":{"message":"it returned 2"},"error":"it returned 2"}`: "step 2/2 (RUN make): it returned 2",
		`{"errorDetail":{"message":"parse error"},"error":"parse error"}`: ": parse error",
		`{"stream":"Step 1/1 : FROM a\n"}`:                                "step 1/1 (FROM a): the engine ended the build without an image",
	} {
		e := &answering{stream: stream}
		_, err := Image(t.Context(), e, app, source(t))
		var failure *Failure
		if !errors.As(err, &failure) || !strings.HasSuffix(err.Error(), want) || len(e.tagged) > 0 {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestABuildEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, err := Image(ctx, &answering{}, app, source(t)); err != interrupted {
		t.Errorf("got %v", err)
	}
}

func TestOlderImagesGo(t *testing.T) {
	machine := enginetest.New()
	defer machine.PowerOff()
	e, ctx := machine.Connect(), t.Context()
	var refs []string
	for _, content := range []string{"FROM a", "FROM b", "FROM c", "FROM d"} {
		from, err := Open(directory(t, map[string]string{"Dockerfile": content}))
		if err != nil {
			t.Fatal(err)
		}
		ref, err := Image(ctx, e, app, from)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	other, err := Image(ctx, e, Container{"default", "web", "other"}, source(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ImageTag(ctx, refs[1], "mine:1"); err != nil { // which the user made of it
		t.Fatal(err)
	}
	if _, err := e.ContainerCreate(ctx, &container.Config{Image: refs[0]}, &container.HostConfig{}, nil, nil, "uses"); err != nil {
		t.Fatal(err)
	}
	if err := RemoveOlder(ctx, e, app, refs[3]); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]bool{refs[0]: true, refs[1]: false, refs[2]: false, refs[3]: true, other: true, "mine:1": true} {
		if _, err := e.ImageInspect(ctx, ref); (err == nil) != want {
			t.Errorf("%s is there: %v", ref, err == nil)
		}
	}
}
