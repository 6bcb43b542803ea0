package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// directory is a new one that an image can be built from, with a file that is left out.
func directory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch")
	write(t, filepath.Join(dir, ".dockerignore"), "out\n")
	write(t, filepath.Join(dir, "src", "deep", "a"), "1")
	write(t, filepath.Join(dir, "out", "a"), "1")
	return dir
}

// watched is a directory that is being watched.
func watched(t *testing.T) (dir string, w *Watcher) {
	t.Helper()
	dir = directory(t)
	w, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return dir, w
}

func wantChange(t *testing.T, w *Watcher, what string) {
	t.Helper()
	select {
	case <-w.Changed():
	case <-time.After(30 * time.Second):
		t.Fatalf("%s went unnoticed", what)
	}
}

func TestChangesAreTold(t *testing.T) {
	dir, w := watched(t)
	for _, c := range []struct {
		what   string
		change func()
	}{
		{"a new content", func() { write(t, filepath.Join(dir, "src", "deep", "a"), "2") }},
		{"a new directory with a file", func() { write(t, filepath.Join(dir, "more", "deep", "b"), "1") }},
		{"a new content there", func() { write(t, filepath.Join(dir, "more", "deep", "b"), "2") }},
		{"a file less", func() { _ = os.Remove(filepath.Join(dir, "src", "deep", "a")) }},
		{"another mode", func() { _ = os.Chmod(filepath.Join(dir, "Dockerfile"), 0o755) }},
		{"a rename over a file", func() {
			write(t, filepath.Join(dir, "out", "new"), "FROM other")
			_ = os.Rename(filepath.Join(dir, "out", "new"), filepath.Join(dir, "Dockerfile"))
		}},
		{"another .dockerignore", func() { write(t, filepath.Join(dir, ".dockerignore"), "src\n") }},
		{"what it left out before", func() { write(t, filepath.Join(dir, "out", "a"), "2") }},
	} {
		c.change()
		wantChange(t, w, c.what)
	}
}

func TestWhatIsLeftOutOfTheImageDoesNotCount(t *testing.T) {
	dir := directory(t)
	t.Chdir(dir)
	for _, root := range []string{dir, "."} {
		w, err := New(root)
		if err != nil {
			t.Fatal(err)
		}
		if watched := w.files.WatchList(); len(watched) != 3 { // itself, src and src/deep
			t.Errorf("watched: %q", watched)
		}
		for name, want := range map[string]bool{"out": false, "out/a": false, "out/more/b": false, "src/a": true, "Dockerfile": true, ".dockerignore": true} {
			if heeded, err := w.heed(fsnotify.Event{Name: root + "/" + name, Op: fsnotify.Write}); heeded != want || err != nil {
				t.Errorf("%s in %s is heeded: %v, %v", name, root, heeded, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADirectoryWithoutADockerfileIsNotWatched(t *testing.T) {
	if _, err := New(t.TempDir()); err == nil {
		t.Error("no error")
	}
}
