package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// tree is a root filesystem in the making: what packages hold, without what their installation scripts would do. Names are relative to the
// root, as usr/bin/sh.
type tree struct {
	headers map[string]*tar.Header
	content map[string][]byte
}

// merged are the directories of the root that are links to those of the same name in /usr, and whose files packages may name either way.
var merged = []string{"bin", "sbin", "lib", "lib64"}

// unread are what nobody reads in a container.
var unread = []string{"usr/share/doc", "usr/share/doc-base", "usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man"}

func newTree() *tree {
	t := &tree{map[string]*tar.Header{}, map[string][]byte{}}
	t.directory("usr")
	for _, name := range merged {
		t.directory("usr/" + name)
		t.link(name, "usr/"+name)
	}
	for _, name := range []string{"dev", "etc", "proc", "run", "sys", "usr/local", "usr/local/bin", "var"} {
		t.directory(name)
	}
	t.add(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp", Mode: 0o1777}, nil)
	t.link("var/run", "/run")
	return t
}

// add keeps what has the name already.
func (t *tree) add(header *tar.Header, content []byte) {
	if _, known := t.headers[header.Name]; !known {
		t.headers[header.Name], t.content[header.Name] = header, content
	}
}

func (t *tree) directory(name string) {
	t.add(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, nil)
}

func (t *tree) link(name, target string) {
	t.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

// write replaces what has the name already.
func (t *tree) write(name, content string) {
	t.headers[name] = &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}
	t.content[name] = []byte(content)
}

// unpack adds the files of a package.
func (t *tree) unpack(ctx context.Context, archive string) error {
	var said bytes.Buffer
	unpacking := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", archive)
	unpacking.Stderr = &said
	files, err := unpacking.StdoutPipe()
	if err == nil {
		err = unpacking.Start()
	}
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", path.Base(archive), err)
	}
	readErr := t.addAll(files)
	_, drainErr := io.Copy(io.Discard, files)
	if err := errors.Join(readErr, drainErr, unpacking.Wait()); err != nil {
		return fmt.Errorf("unpacking %s: %w\n%s", path.Base(archive), err, said.Bytes())
	}
	return nil
}

func (t *tree) addAll(files io.Reader) error {
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		header.Name = placed(header.Name)
		if header.Typeflag == tar.TypeLink {
			header.Linkname = placed(header.Linkname)
		}
		if header.Name == "." || slices.ContainsFunc(unread, func(dir string) bool { return isWithin(header.Name, dir) }) {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		t.add(header, content)
	}
}

// placed is where a file is in an image whose /bin, /sbin and /lib are links.
func placed(name string) string {
	name = path.Clean(strings.TrimPrefix(name, "./"))
	top, rest, below := strings.Cut(name, "/")
	if below && slices.Contains(merged, top) {
		return path.Join("usr", top, rest)
	}
	return name
}

func isWithin(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// matching returns the names that match the pattern, sorted.
func (t *tree) matching(pattern string) []string {
	var names []string
	for name := range t.headers {
		if matches, err := path.Match(pattern, name); err == nil && matches {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// layer is the tree as a tar archive: each directory before what is in it, and a file before its hard links.
func (t *tree) layer() ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	names := slices.Sorted(maps.Keys(t.headers))
	for _, hardLinks := range []bool{false, true} {
		for _, name := range names {
			header := *t.headers[name]
			if (header.Typeflag == tar.TypeLink) != hardLinks {
				continue
			}
			if header.Typeflag == tar.TypeDir {
				header.Name += "/"
			}
			if err := w.WriteHeader(&header); err != nil {
				return nil, fmt.Errorf("packing %s: %w", name, err)
			}
			if _, err := w.Write(t.content[name]); err != nil {
				return nil, fmt.Errorf("packing %s: %w", name, err)
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
