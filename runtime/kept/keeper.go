package kept

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/store"
)

const (
	// pauseAfterWrite is how long changes gather after some were written, unless somebody waits for them, and retryInterval how long after a
	// failure it is tried again.
	pauseAfterWrite = 50 * time.Millisecond
	retryInterval   = time.Second
)

// Keeper writes the objects of a store to a directory, and reads them back. Its methods are for one goroutine, but for Await.
type Keeper struct {
	dir         string
	store       *store.Store
	collections []Collection // first those that others lie in
	log         *slog.Logger

	progress *progress
	// awaited has a token when somebody waits for what is to be written.
	awaited chan struct{}
	// written are the versions of the objects whose files are there, by path.
	written map[string]uint64
	// seen are the versions of the collections' newest changes that are written, by resource.
	seen map[string]uint64
	// deletions is what the deletionsFile says; 0 while there is none. It is written only when the files are the whole truth.
	deletions uint64
	whole     bool
	// damaged are the paths of what could not be read, and namespaces those of what could.
	damaged    map[string]bool
	namespaces map[string]bool
	failed     string // the failure that was logged last; "" after a success
}

// New keeps collections of the store in a directory, which need not exist. It does nothing by itself.
func New(dir string, of *store.Store, collections []Collection, log *slog.Logger) *Keeper {
	return &Keeper{
		dir: dir, store: of, collections: collections, log: log,
		progress: newProgress(), awaited: make(chan struct{}, 1), written: map[string]uint64{}, seen: map[string]uint64{}, damaged: map[string]bool{}, namespaces: map[string]bool{},
	}
}

func (k *Keeper) path(resource string, key types.NamespacedName) string {
	return filepath.Join(k.dir, resource, fileName(key))
}

// Run writes what changes until the context ends. whole says that the store has everything that is to be kept, so that what it lacks from
// now on was deleted.
func (k *Keeper) Run(ctx context.Context, whole bool) {
	k.whole = k.whole || whole
	for ctx.Err() == nil {
		changed, err := k.store.Changed(), k.attempt() // at once what comes after a while of rest
		k.report(err)
		if err != nil {
			pause.For(ctx, retryInterval)
			continue
		}
		k.gather(ctx)
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// gather waits for more changes to come, for a while and as long as nobody waits for those that are there.
func (k *Keeper) gather(ctx context.Context) {
	timer := time.NewTimer(pauseAfterWrite)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.awaited:
	case <-ctx.Done():
	}
}

// report logs a failure unless it is the one that was logged last.
func (k *Keeper) report(err error) {
	switch {
	case err == nil:
		k.failed = ""
	case err.Error() != k.failed:
		k.failed = err.Error()
		k.log.Error("keeping objects", "error", err)
	}
}

// attempt writes, and tells those who wait how that went.
func (k *Keeper) attempt() error {
	version := k.store.Version() // all that it counts is in the lists that follow
	err := k.write(version)
	k.progress.tell(version, err)
	return err
}

// write brings the directory up to date with the store, which has at least that version. What cannot be written keeps nothing else from it.
func (k *Keeper) write(version uint64) error {
	seen, gone := map[string]uint64{}, []string{}
	var errs []error
	for _, c := range k.collections {
		newest := c.newest()
		if last, ok := k.seen[c.Resource()]; ok && last == newest {
			continue
		}
		obsolete, err := k.writeAll(c)
		gone = append(gone, obsolete...)
		if err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", c.Resource(), err))
			continue
		}
		seen[c.Resource()] = newest
	}
	noted := k.note(version, len(gone) > 0)
	stuck := false
	for _, path := range slices.Backward(gone) { // namespaces last: what was in them would bring them back
		if stuck && filepath.Dir(path) == filepath.Join(k.dir, k.collections[0].Resource()) {
			break
		}
		if err := RemoveFile(path); err != nil {
			errs, stuck = append(errs, err), true
			continue
		}
		delete(k.written, path)
	}
	if noted != nil { // there may be room now
		noted = k.note(version, true)
	}
	if err := errors.Join(append(errs, noted)...); err != nil {
		return err
	}
	for resource, newest := range seen {
		k.seen[resource] = newest
	}
	return nil
}

// note writes up to which version deletions show in the files, if there are any deletions or other files.
func (k *Keeper) note(version uint64, deletions bool) error {
	if !k.whole || !deletions && (k.deletions != 0 || len(k.written) == 0) {
		return nil
	}
	if err := writeDeletions(k.dir, version); err != nil {
		return fmt.Errorf("noting deletions: %w", err)
	}
	k.deletions = version
	return nil
}

// writeAll writes the objects of a collection that have changed, and returns the paths of those that are gone.
func (k *Keeper) writeAll(c Collection) (obsolete []string, err error) {
	current := map[string]bool{}
	var errs []error
	for _, o := range c.kept() {
		path := k.path(c.Resource(), o.key)
		current[path] = true
		if k.written[path] == o.version {
			continue
		}
		content, err := o.encode()
		if err == nil {
			err = WriteFile(path, content)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		k.written[path] = o.version
	}
	folder := filepath.Join(k.dir, c.Resource())
	for path := range k.written {
		if filepath.Dir(path) == folder && !current[path] {
			obsolete = append(obsolete, path)
		}
	}
	return obsolete, errors.Join(errs...)
}

// Close writes what is left to be written. It is for after Run. If no object is kept, and nobody has copies of some, no file stays.
func (k *Keeper) Close(noCopies bool) error {
	if err := k.attempt(); err != nil {
		return fmt.Errorf("keeping objects: %w", err)
	}
	k.progress.tell(0, errEnded)
	if len(k.written) == 0 && noCopies {
		if err := RemoveFile(filepath.Join(k.dir, deletionsFile)); err != nil {
			return fmt.Errorf("leaving no kept objects: %w", err)
		}
	}
	os.Remove(k.dir) // fails while anything is in it
	return nil
}

// Empty reports whether no object is kept. It is for after Close.
func (k *Keeper) Empty() bool { return len(k.written) == 0 }
