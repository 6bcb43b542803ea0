//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// archiveOf has the files of a volume v as "path=content".
func archiveOf(t *testing.T, files ...string) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	headers := []tar.Header{{Typeflag: tar.TypeDir, Name: "v/", Mode: 0o755, Uid: os.Getuid(), Gid: os.Getgid()}}
	contents := []string{""}
	for _, f := range files {
		path, content, _ := strings.Cut(f, "=")
		headers = append(headers, tar.Header{Typeflag: tar.TypeReg, Name: "v/" + path, Mode: 0o444, Size: int64(len(content)), Uid: os.Getuid(), Gid: os.Getgid()})
		contents = append(contents, content)
	}
	for i := range headers {
		if err := w.WriteHeader(&headers[i]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents[i])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

var dataDirectory = regexp.MustCompile(`\.\.2026_11_22_17_12_40\.\d+`)

// seen is everything in a directory, with the random part of the data directory's name blanked.
func seen(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		line := strings.TrimPrefix(path, dir+"/")
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch {
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " -> " + target
		case entry.Type().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + info.Mode().Perm().String() + " " + string(content)
		default:
			line += "/ " + info.Mode().Perm().String()
		}
		all = append(all, dataDirectory.ReplaceAllString(line, "..DATA"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestAVolumeIsReplacedAtOnce(t *testing.T) { // (S11.21, S11.23)
	root := t.TempDir()
	dir := filepath.Join(root, "v")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(files ...string) {
		t.Helper()
		if err := update([]string{root}, archiveOf(t, files...), time.Date(2026, 11, 22, 17, 12, 40, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(lines ...string) {
		t.Helper()
		if diff := cmp.Diff(lines, seen(t, dir)); diff != "" {
			t.Error(diff)
		}
	}
	data := func() string {
		t.Helper()
		link, err := os.Readlink(filepath.Join(dir, dataLink))
		if err != nil {
			t.Fatal(err)
		}
		return link
	}
	write("a=1", "sub/deep/b=2")
	want("..DATA/ -rwxr-xr-x", "..DATA/a -r--r--r-- 1", "..DATA/sub/ -rwxr-xr-x", "..DATA/sub/deep/ -rwxr-xr-x", "..DATA/sub/deep/b -r--r--r-- 2",
		"..data -> ..DATA", "a -> ..data/a", "sub -> ..data/sub")

	first := data()
	write("a=1", "sub/deep/b=2")
	if data() != first {
		t.Error("content that is the same was written again")
	}

	write("a=3", "c=4")
	want("..DATA/ -rwxr-xr-x", "..DATA/a -r--r--r-- 3", "..DATA/c -r--r--r-- 4", "..data -> ..DATA", "a -> ..data/a", "c -> ..data/c")
	if data() == first {
		t.Error("the data directory is the old one")
	}

	write()
	want("..DATA/ -rwxr-xr-x", "..data -> ..DATA")

	if err := os.Symlink("left", filepath.Join(dir, nextDataLink)); err != nil {
		t.Fatal(err)
	}
	write("a=5")
	want("..DATA/ -rwxr-xr-x", "..DATA/a -r--r--r-- 5", "..data -> ..DATA", "a -> ..data/a")
}

func TestWatchersSeeTheStepsOfAKubelet(t *testing.T) { // (S11.23)
	root := t.TempDir()
	dir := filepath.Join(root, "v")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 17, 12, 40, 0, time.UTC)
	if err := update([]string{root}, archiveOf(t, "changed=1", "vanished=1"), now); err != nil {
		t.Fatal(err)
	}
	const watched = syscall.IN_CREATE | syscall.IN_DELETE | syscall.IN_MOVED_FROM | syscall.IN_MOVED_TO | syscall.IN_ATTRIB
	inotify, err := syscall.InotifyInit1(syscall.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(inotify)
	if _, err := syscall.InotifyAddWatch(inotify, dir, watched); err != nil {
		t.Fatal(err)
	}
	if err := update([]string{root}, archiveOf(t, "changed=2", "new=1"), now); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1<<16)
	n, err := syscall.Read(inotify, buffer)
	if err != nil {
		t.Fatal(err)
	}
	names := map[uint32]string{syscall.IN_CREATE: "create", syscall.IN_DELETE: "delete", syscall.IN_MOVED_FROM: "from", syscall.IN_MOVED_TO: "to", syscall.IN_ATTRIB: "attrib"}
	var got []string
	for at := 0; at < n; {
		event := (*syscall.InotifyEvent)(unsafe.Pointer(&buffer[at]))
		name := strings.TrimRight(string(buffer[at+syscall.SizeofInotifyEvent:at+syscall.SizeofInotifyEvent+int(event.Len)]), "\x00")
		got = append(got, names[event.Mask&watched]+" "+dataDirectory.ReplaceAllString(name, "..DATA"))
		at += syscall.SizeofInotifyEvent + int(event.Len)
	}
	want := []string{
		"create ..DATA", "attrib ..DATA", "create ..data_tmp", "from ..data_tmp", "to ..data", "create new", "delete vanished", "delete ..DATA",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
