// Package watch tells when something changes that an image is built from.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/podsim/podsim/runtime/build"
)

// quiet is how long nothing must change before a change counts as over: editors and compilers write many files at once.
const quiet = 200 * time.Millisecond

// Watcher looks at a directory, and at those in it that are not left out of builds.
type Watcher struct {
	root    string
	files   *fsnotify.Watcher
	from    *build.Directory // as it was read last
	changed chan struct{}
}

// New begins to watch a directory from which images can be built. Run takes in what happens.
func New(root string) (*Watcher, error) {
	from, err := build.Open(root)
	if err != nil {
		return nil, err
	}
	files, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching %s: %w", root, err)
	}
	w := &Watcher{root: root, files: files, from: from, changed: make(chan struct{}, 1)}
	if err := w.add(root); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return w, nil
}

// Changed gets a value when something has changed since the last one was taken, and then nothing more for a while.
func (w *Watcher) Changed() <-chan struct{} { return w.changed }

// Close ends the watching, if Run has not.
func (w *Watcher) Close() error { return w.files.Close() }

// Run watches until ctx ends, or until that fails.
func (w *Watcher) Run(ctx context.Context) error {
	var over <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return w.Close()
		case event, ok := <-w.files.Events:
			if !ok {
				return nil
			}
			if heeded, err := w.heed(event); err != nil {
				return err
			} else if heeded {
				over = time.After(quiet)
			}
		case err, ok := <-w.files.Errors:
			if !ok {
				return nil
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watching %s: %w", w.root, err)
			}
			if err := w.add(w.root); err != nil { // directories may have come unseen
				return err
			}
			over = time.After(quiet)
		case <-over:
			over = nil
			select {
			case w.changed <- struct{}{}:
			default:
			}
		}
	}
}

// heed reports whether an event counts, and watches directories that are new.
func (w *Watcher) heed(event fsnotify.Event) (bool, error) {
	name, err := filepath.Rel(w.root, event.Name)
	switch {
	case err != nil || w.from.Ignores(name):
		return false, nil
	case name == ".dockerignore":
		if from, err := build.Open(w.root); err == nil { // else as before, until it is well again
			w.from = from
		}
		return true, w.add(w.root)
	case event.Has(fsnotify.Create):
		return true, w.add(event.Name)
	}
	return true, nil
}

// add watches a directory and those in it. What is no directory, or has gone by now, is left out.
func (w *Watcher) add(path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("watching %s: %w", w.root, err)
		case !entry.IsDir():
			return nil
		}
		if name, err := filepath.Rel(w.root, path); err == nil && name != "." && w.from.IgnoresAll(name) {
			return fs.SkipDir
		}
		err = w.files.Add(path)
		switch {
		case err == nil, errors.Is(err, os.ErrNotExist):
			return nil
		case errors.Is(err, syscall.ENOSPC):
			return fmt.Errorf("watching %s: the kernel watches no more directories; leave some out with .dockerignore, or raise "+
				"fs.inotify.max_user_watches", path)
		default:
			return fmt.Errorf("watching %s: %w", path, err)
		}
	})
}
