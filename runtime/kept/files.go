package kept

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// What the names of files end in that are being written, and of those that cannot be read and were moved aside.
const (
	Unfinished = ".new"
	Damaged    = ".damaged"
)

const (
	// suffix ends the name of an object's file.
	suffix = ".json"
	// deletionsFile holds the version of the store up to which the files of deleted objects were removed, and all others written.
	deletionsFile = "deletions"
	// longestName is what file systems take of a name's bytes, with room for the suffixes.
	longestName = 255 - len(suffix) - len(Damaged)
)

// fileName is where an object lies in the folder of its kind. Names of objects may have capital letters and colons, which not every file
// system tells apart or takes, and some kinds set them no bound.
func fileName(key types.NamespacedName) string {
	name := escape(key.Name)
	if key.Namespace != "" {
		name = escape(key.Namespace) + "_" + name
	}
	if len(name) > longestName {
		hash := sha256.Sum256([]byte(name))
		end := "~" + hex.EncodeToString(hash[:16])
		name = name[:longestName-len(end)] + end
	}
	return name + suffix
}

// escape leaves small letters, digits, dots and hyphens as they are.
func escape(name string) string {
	var escaped strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			escaped.WriteByte(c)
		} else {
			fmt.Fprintf(&escaped, "%%%02X", c)
		}
	}
	return escaped.String()
}

// WriteFile replaces a file as a whole, and makes its folder if need be. Nobody else may read it.
func WriteFile(path string, content []byte) error {
	const tries = 5 // whoever removes the last file of the folder removes it as well, perhaps just now
	err := os.WriteFile(path+Unfinished, content, 0o600)
	for try := 1; errors.Is(err, fs.ErrNotExist) && try < tries; try++ {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		err = os.WriteFile(path+Unfinished, content, 0o600)
	}
	if err == nil {
		err = os.Rename(path+Unfinished, path)
	}
	if err != nil {
		os.Remove(path + Unfinished) // it takes room, which may be what is missing
	}
	return err
}

// RemoveFile removes a file, and its folder when that is empty. It is no error if there is none.
func RemoveFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	os.Remove(filepath.Dir(path)) // fails while anything is in it
	return nil
}

// readDeletions is the version in the deletionsFile of a directory; 0 if there is none that can be read.
func readDeletions(dir string) uint64 {
	content, err := os.ReadFile(filepath.Join(dir, deletionsFile))
	if err != nil {
		return 0
	}
	version, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

func writeDeletions(dir string, version uint64) error {
	return WriteFile(filepath.Join(dir, deletionsFile), []byte(strconv.FormatUint(version, 10)+"\n"))
}
