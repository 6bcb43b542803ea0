package kept

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/store"
)

// Load puts the objects of the directory into the store, in place of those that have their names. It is to be called before anything else
// is done with the store or the keeper. The error says what kept it from looking; files that hold nonsense are none.
func (k *Keeper) Load() error {
	k.deletions = readDeletions(k.dir)
	k.whole = k.deletions > 0
	for _, c := range k.collections {
		if err := k.loadAll(c); err != nil {
			return fmt.Errorf("reading the kept %s: %w", c.Resource(), err)
		}
	}
	return nil
}

func (k *Keeper) loadAll(c Collection) error {
	folder := filepath.Join(k.dir, c.Resource())
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if strings.HasSuffix(entry.Name(), Unfinished) {
			if err := RemoveFile(path); err != nil {
				return err
			}
		}
		if !strings.HasSuffix(entry.Name(), suffix) {
			continue
		}
		if err := k.load(c, path); err != nil {
			k.log.Error("reading a kept object; its file is moved aside", "file", path, "error", err)
			k.damaged[path] = true
			if err := os.Rename(path, path+Damaged); err != nil {
				return err
			}
		}
	}
	return nil
}

// load puts the object of one file into the store.
func (k *Keeper) load(c Collection, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	key, version, put, err := c.decode(content)
	if err != nil {
		return err
	}
	if own := k.path(c.Resource(), key); own != path {
		return fmt.Errorf("it holds %s, which belongs into %s", key, filepath.Base(own))
	}
	put()
	k.written[path] = version
	k.namespaces[key.Namespace] = true
	return nil
}

// Namespaces are those that the loaded objects lie in.
func (k *Keeper) Namespaces() []string {
	var names []string
	for name := range k.namespaces {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Deleted reports whether an object, which others have a copy of and the loaded directory has not, was deleted; else it was lost, or never
// came to be kept. It is for after Load and before Run.
func (k *Keeper) Deleted(resource string, object metav1.Object) bool {
	for _, c := range k.collections {
		if c.Resource() == resource {
			return c.worth(object) && store.VersionOf(object) <= k.deletions && !k.damaged[k.path(resource, store.KeyOf(object))]
		}
	}
	return false
}
