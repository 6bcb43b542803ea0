package volumes

import (
	"archive/tar"
	"bytes"
	"io"
	"time"
)

// Archive collects the content of a pod's volumes for one archive call of the engine. Its paths are relative to
// network.Root. An entry replaces what is there, except that a directory is kept and gets the entry's owner and mode;
// the entry of a volume's directory sets those of the volume's root.
type Archive struct {
	out  bytes.Buffer
	tar  *tar.Writer
	time time.Time
}

// NewArchive returns an empty archive whose files have the given modification time.
func NewArchive(now time.Time) *Archive {
	a := &Archive{time: now}
	a.tar = tar.NewWriter(&a.out)
	return a
}

// Reader ends the archive and returns it. Nothing can be added after that.
func (a *Archive) Reader() (io.Reader, error) {
	if err := a.tar.Close(); err != nil {
		return nil, err
	}
	return &a.out, nil
}

// directory adds a directory. mode has permission, setgid and sticky bits.
func (a *Archive) directory(path string, mode, gid int64) error {
	return a.tar.WriteHeader(a.header(tar.TypeDir, path+"/", mode, gid))
}

// file adds a file of an owner and a group.
func (a *Archive) file(path string, mode, uid, gid int64, content []byte) error {
	header := a.header(tar.TypeReg, path, mode, gid)
	header.Uid = int(uid)
	header.Size = int64(len(content))
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := a.tar.Write(content)
	return err
}

// symlink adds a symbolic link of an owner and a group.
func (a *Archive) symlink(path, target string, uid, gid int64) error {
	header := a.header(tar.TypeSymlink, path, 0o777, gid)
	header.Uid = int(uid)
	header.Linkname = target
	return a.tar.WriteHeader(header)
}

// header is that of an entry owned by root and a group.
func (a *Archive) header(kind byte, path string, mode, gid int64) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: path, Mode: mode, Gid: int(gid), ModTime: a.time}
}
