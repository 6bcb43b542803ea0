//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"testing"
)

func TestTheSizeOfADiskIsThatOfItsFileSystem(t *testing.T) {
	dir := t.TempDir()
	want, err := exec.Command("sh", "-c", `echo $(($(stat -f -c '%b * %S' "$0")))`, dir).Output()
	if err != nil {
		t.Skip("nobody here knows the size of a disk:", err)
	}
	var got bytes.Buffer
	if err := run("disk", []string{dir}, nil, &got); err != nil || got.String() != string(want) {
		t.Errorf("got %q, %v, want %q", got.String(), err, want)
	}
	for _, args := range [][]string{nil, {dir, dir}, {dir + "/none"}} {
		if err := run("disk", args, nil, &got); err == nil {
			t.Errorf("%q have a size", args)
		}
	}
}
