//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	dataLink = "..data"
	// nextDataLink becomes dataLink by a rename, so that every reader sees either all of the old files or all of the new ones.
	nextDataLink = "..data_tmp"
)

// update brings volumes up to date that are written atomically, in the steps in which a kubelet does it (S11.23), so that watchers see
// what they see on a node. Standard input is a tar archive with all files that the volumes are to have, below the volumes' names. A
// volume's own entry has the mode and the group of all directories in it. args: ROOT, the directory with the volumes.
func update(args []string, stdin io.Reader, now time.Time) error {
	if len(args) != 1 {
		return usage("update wants one directory")
	}
	volumes, err := readVolumes(stdin)
	if err != nil {
		return fmt.Errorf("reading the new content: %w", err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(volumes)) {
		if err := volumes[name].writeTo(filepath.Join(args[0], name), now); err != nil {
			errs = append(errs, fmt.Errorf("updating volume %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// volumeContent is all that a volume is to hold.
type volumeContent struct {
	directories tar.Header // the mode and group of all of them
	files       map[string]volumeFile
}

type volumeFile struct {
	tar.Header
	content []byte
}

func readVolumes(stdin io.Reader) (map[string]*volumeContent, error) {
	volumes := map[string]*volumeContent{}
	archive := tar.NewReader(stdin)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return volumes, nil
		}
		if err != nil {
			return nil, err
		}
		name, path, _ := strings.Cut(header.Name, "/")
		if path == "" {
			volumes[name] = &volumeContent{directories: *header, files: map[string]volumeFile{}}
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		volume, ok := volumes[name]
		if !ok {
			return nil, fmt.Errorf("%s comes before its volume", header.Name)
		}
		volume.files[path] = volumeFile{*header, content}
	}
}

// writeTo writes what differs from what the directory has; when nothing does, it only makes sure of the links.
func (v *volumeContent) writeTo(dir string, now time.Time) error {
	old, err := os.Readlink(filepath.Join(dir, dataLink))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var vanished []string
	stale := true
	if old != "" {
		if vanished, err = v.vanishedFrom(filepath.Join(dir, old)); err != nil {
			return err
		}
		stale = len(vanished) > 0 || v.differsFrom(filepath.Join(dir, old))
	}
	if stale {
		if err := v.replaceData(dir, now); err != nil {
			return err
		}
	}
	if err := v.link(dir); err != nil {
		return err
	}
	for _, path := range vanished {
		if !strings.Contains(path, "/") {
			if err := os.Remove(filepath.Join(dir, path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if stale && old != "" {
		return os.RemoveAll(filepath.Join(dir, old))
	}
	return nil
}

// vanishedFrom are the paths of files and directories in the old data directory that the volume no longer has.
func (v *volumeContent) vanishedFrom(old string) ([]string, error) {
	wanted := map[string]bool{".": true}
	for path := range v.files {
		for ; path != "."; path = filepath.Dir(path) {
			wanted[path] = true
		}
	}
	var vanished []string
	err := fs.WalkDir(os.DirFS(old), ".", func(path string, _ fs.DirEntry, err error) error {
		if !wanted[path] {
			vanished = append(vanished, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return vanished, err
}

// differsFrom reports whether a file is not in the old data directory as it is to be. Modes do not count (S11.23).
func (v *volumeContent) differsFrom(old string) bool {
	for path, file := range v.files {
		content, err := os.ReadFile(filepath.Join(old, path))
		if err != nil || !bytes.Equal(content, file.content) {
			return true
		}
	}
	return false
}

// replaceData writes a new data directory and has the link lead to it.
func (v *volumeContent) replaceData(dir string, now time.Time) error {
	data, err := os.MkdirTemp(dir, now.UTC().Format("..2006_01_02_15_04_05."))
	if err != nil {
		return err
	}
	if err := v.writeData(data); err != nil {
		return errors.Join(err, os.RemoveAll(data))
	}
	next := filepath.Join(dir, nextDataLink)
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by an update that was cut off
		return errors.Join(err, os.RemoveAll(data))
	}
	if err := os.Symlink(filepath.Base(data), next); err != nil {
		return errors.Join(err, os.RemoveAll(data))
	}
	if err := os.Rename(next, filepath.Join(dir, dataLink)); err != nil {
		return errors.Join(err, os.Remove(next), os.RemoveAll(data))
	}
	return nil
}

func (v *volumeContent) writeData(data string) error {
	if err := give(data, v.directories); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(v.files)) {
		if err := v.makeDirectories(data, filepath.Dir(path)); err != nil {
			return err
		}
		file, full := v.files[path], filepath.Join(data, path)
		if err := os.WriteFile(full, file.content, 0o600); err != nil {
			return err
		}
		if err := give(full, file.Header); err != nil {
			return err
		}
	}
	return nil
}

// makeDirectories makes the directories of a path below the data directory that are not there yet.
func (v *volumeContent) makeDirectories(data, path string) error {
	if path == "." {
		return nil
	}
	if err := v.makeDirectories(data, filepath.Dir(path)); err != nil {
		return err
	}
	full := filepath.Join(data, path)
	if err := os.Mkdir(full, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return give(full, v.directories)
}

// give sets owner and group, where they differ, and mode as a header has them.
func give(path string, header tar.Header) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != header.Uid || int(stat.Gid) != header.Gid {
		if err := os.Chown(path, header.Uid, header.Gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, header.FileInfo().Mode())
}

// link makes a link through ..data for each name at the top that has none, for the owner of the file. One that is something else stays.
func (v *volumeContent) link(dir string) error {
	for path, file := range v.files {
		first, _, _ := strings.Cut(path, "/")
		link := filepath.Join(dir, first)
		err := os.Symlink(filepath.Join(dataLink, first), link)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if file.Uid != os.Getuid() || file.Gid != os.Getgid() {
			if err := os.Lchown(link, file.Uid, file.Gid); err != nil {
				return err
			}
		}
	}
	return nil
}
