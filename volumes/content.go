package volumes

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podsim/podsim/network"
)

// volumesDir is where an archive has the pod's volumes.
var volumesDir = strings.TrimPrefix(network.VolumesDir, network.Root+"/")

// State is what the pod's own volumes hold already.
type State int

const (
	// Empty volumes were just made.
	Empty State = iota
	// Begun volumes were perhaps filled by a set-up that failed; no container has seen them.
	Begun
	// Used volumes had containers, but for those in memory, which went with their sandbox.
	Used
)

// Write adds the first content of the pod's own volumes to an archive: the owners and modes of their roots, and the
// files of atomically written ones. What a claim holds is the user's; nothing is added for it. suffix returns the
// random digits of the name of a data directory (S11.21). The files of volumes that are not empty are left to Update, as no volume may get
// a second data directory; and the roots of those that were used stay as the containers left them (S11.1).
func (p *Plan) Write(a *Archive, holding State, suffix func() string) error {
	for _, v := range p.volumes {
		if v.engine == nil || v.claim {
			continue
		}
		w := volumeWriter{archive: a, root: path.Join(volumesDir, v.name), group: p.groupOf(v)}
		if holding != Used || v.inMemory() {
			w.directory("", v.rootMode)
		}
		if v.image {
			w.directory(imageDir, imageRootMode)
		}
		if v.payload != nil {
			data := ""
			if holding == Empty {
				data = dataDirectory(a, suffix())
			}
			w.writeAtomically(v.payload, nestedMountPoints(p.pod, v.name), data)
		}
		if w.err != nil {
			return &MountError{Volume: v.name, Err: w.err}
		}
	}
	return nil
}

// dataDirectory is the name of the directory that holds the files of an atomically written volume (S11.21).
func dataDirectory(a *Archive, suffix string) string {
	return a.time.UTC().Format("..2006_01_02_15_04_05.") + suffix
}

// volumeWriter adds the entries of one volume to an archive. After the first error it adds nothing.
type volumeWriter struct {
	archive *Archive
	root    string
	group   groupRule
	err     error
}

func (w *volumeWriter) directory(name string, mode int64) {
	if w.err == nil {
		w.err = w.archive.directory(path.Join(w.root, name), w.group.directoryMode(mode), w.group.id())
	}
}

func (w *volumeWriter) file(name string, f file) {
	if w.err == nil {
		w.err = w.archive.file(path.Join(w.root, name), w.group.fileMode(f.mode), f.owner, w.group.id(), f.content)
	}
}

func (w *volumeWriter) symlink(name, target string, owner int64) {
	if w.err == nil {
		w.err = w.archive.symlink(path.Join(w.root, name), target, owner, w.group.id())
	}
}

const (
	dataLink = "..data"
	// directoryMode is the mode of all directories that podsim makes inside a volume (S11.22).
	directoryMode = 0o755
)

// writeAtomically lays out files so that later all of them can be replaced at once (S11.21): they lie in a data
// directory, the link ..data leads to it, and for each name at the top there is a link through ..data. Mount points of
// other volumes inside this one are made first, because no container can make them later (S11.6). Without a name of a data directory
// they are all that is made.
func (w *volumeWriter) writeAtomically(files payload, mountPoints []string, data string) {
	made := map[string]bool{}
	for _, mountPoint := range mountPoints {
		w.directories("", mountPoint, made)
	}
	if data == "" {
		return
	}
	if w.err == nil {
		w.err = files.conflict()
	}
	w.directory(data, directoryMode)
	paths := slices.Sorted(maps.Keys(files))
	top := map[string]int64{} // with the owners
	for _, name := range paths {
		w.directories(data, path.Dir(name), made)
		w.file(path.Join(data, name), files[name])
		first, _, _ := strings.Cut(name, "/")
		top[first] = files[name].owner
	}
	w.symlink(dataLink, data, 0)
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if made[name] && w.err == nil {
			w.err = fmt.Errorf("symlink %s %s: file exists", path.Join(dataLink, name), name)
		}
		w.symlink(name, path.Join(dataLink, name), top[name])
	}
}

// directories adds all directories of the path below base that are not made yet.
func (w *volumeWriter) directories(base, name string, made map[string]bool) {
	dir := base
	for _, part := range strings.Split(path.Clean(name), "/") {
		if part == "." {
			continue
		}
		dir = path.Join(dir, part)
		if !made[dir] {
			made[dir] = true
			w.directory(dir, directoryMode)
		}
	}
}
