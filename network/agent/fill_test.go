//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inMemory is a file system of that size in memory.
func inMemory(t *testing.T, size string) string {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test, and its mounts with it
	if err := syscall.Unshare(syscall.CLONE_NEWNS | syscall.CLONE_FS); errors.Is(err, syscall.EPERM) {
		t.Skip("a mount takes the right to make one")
	} else if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestAFullVolumeTakesNothingUntilItIsEmptied(t *testing.T) {
	dir := inMemory(t, "1m")
	write := func() error { return os.WriteFile(filepath.Join(dir, "app.log"), []byte("line\n"), 0o600) }
	for range 2 { // also when it is full already
		var out bytes.Buffer
		if err := fill([]string{"-full", dir}, &out); err != nil {
			t.Fatal(err)
		}
		if size := strings.TrimSpace(out.String()); size != strconv.Itoa(1<<20) {
			t.Errorf("it takes %s bytes", size)
		}
	}
	if err := write(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full volume: %v", err)
	}
	for range 2 {
		if err := unfill([]string{dir}); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(); err != nil {
		t.Error(err)
	}
}

func TestAFillTakesWhatItIsAskedForAndHalfOfWhatIsFreeAtMost(t *testing.T) {
	dir := inMemory(t, "1m")
	for _, test := range []struct{ more, want, failure string }{
		{"4096", "4096", ""},
		{"8192", "12288", ""},
		{"900000", "", "bytes free, of which a fault takes half at most"},
	} {
		var out bytes.Buffer
		err := fill([]string{dir, test.more}, &out)
		if got := strings.TrimSpace(out.String()); got != test.want {
			t.Errorf("%s more: takes %s bytes, want %s", test.more, got, test.want)
		}
		if err == nil && test.failure != "" || err != nil && (test.failure == "" || !strings.Contains(err.Error(), test.failure)) {
			t.Errorf("%s more: %v, want %q", test.more, err, test.failure)
		}
	}
	info, err := os.Stat(filepath.Join(dir, fillFile))
	if err != nil || info.Size() != 12288 {
		t.Errorf("%v, %v", info, err)
	}
}
