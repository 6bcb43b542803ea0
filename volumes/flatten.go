package volumes

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// What the layers of an image say of those below them, from the OCI image specification.
const (
	// whiteout is in front of a name that those below have and the image does not.
	whiteout = ".wh."
	// whiteoutOpaque is in a directory of which the image has nothing that those below have in it.
	whiteoutOpaque = ".wh..wh..opq"
	// whiteoutNote is in front of names that are no files of the image, nor is what is below them.
	whiteoutNote = ".wh..wh."
	// maxLinks is how many symbolic links one path may lead through.
	maxLinks = 255
)

// imageFile is a file of an image, with the place of its content: the layer, and the number of the entry there.
type imageFile struct {
	header       *tar.Header // nil for a directory that no layer tells about
	layer, entry int
}

// imageName is what an image has below one name.
type imageName struct {
	file  *imageFile            // names that are hard links share it
	layer int                   // that has put it there
	below map[string]*imageName // of a directory; nil for all others
}

func newDirectory(file *imageFile, layer int) *imageName {
	return &imageName{file: file, layer: layer, below: map[string]*imageName{}}
}

// flatten writes an archive of the files that the layers leave, the lowest layer first. All names begin with dir. A link leads where the
// image has it lead, be it out of dir: whoever mounts the files elsewhere sees them there.
func flatten(layers []v1.Layer, dir string, to io.Writer) error {
	root := newDirectory(&imageFile{}, 0)
	for i, layer := range layers {
		if err := eachEntry(layer, func(entry int, header *tar.Header, _ io.Reader) error {
			return root.apply(&imageFile{header, i, entry})
		}); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	archive := tar.NewWriter(to)
	names := map[[2]int][]string{} // by layer and entry
	if err := root.writeDirectories(archive, dir, names); err != nil {
		return err
	}
	for i, layer := range layers {
		err := eachEntry(layer, func(entry int, header *tar.Header, content io.Reader) error {
			return writeFile(archive, header, names[[2]int{i, entry}], content)
		})
		if err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	return archive.Close()
}

// eachEntry calls a function for each entry of a layer, with its number.
func eachEntry(layer v1.Layer, do func(entry int, header *tar.Header, content io.Reader) error) error {
	from, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer from.Close()
	archive := tar.NewReader(from)
	for entry := 0; ; entry++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(entry, header, archive)
		}
		if err != nil {
			return err
		}
	}
}

// apply does what the entry of a layer says to what the layers below have left.
func (n *imageName) apply(file *imageFile) error {
	dir, base := split(file.header.Name)
	note := strings.Contains(dir+base, "/"+whiteoutNote) && base != whiteoutOpaque
	if note || file.header.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	parent := n.directory(dir, file.layer)
	switch {
	case base == "":
		n.file = file // the root itself
	case base == whiteoutOpaque:
		parent.uncover(file.layer)
	case strings.HasPrefix(base, whiteout):
		parent.remove(strings.TrimPrefix(base, whiteout), file.layer)
	case file.header.Typeflag == tar.TypeDir:
		if there := parent.below[base]; there != nil && there.below != nil {
			there.file, there.layer = file, file.layer
			break
		}
		parent.below[base] = newDirectory(file, file.layer)
	case file.header.Typeflag == tar.TypeLink:
		dir, other := split(file.header.Linkname)
		there := n.directory(dir, file.layer).below[other]
		if there == nil || there.below != nil {
			return fmt.Errorf("%q is a hard link to %q, which is no file", file.header.Name, file.header.Linkname)
		}
		parent.below[base] = &imageName{file: there.file, layer: file.layer}
	default:
		parent.below[base] = &imageName{file: file, layer: file.layer}
	}
	return nil
}

// split is the directory and the last part of a name that an archive has; "" for the root.
func split(name string) (dir, base string) {
	dir, base = path.Split(path.Clean("/" + name))
	return dir, base
}

// directory is the one of a path in the image of which n is the root. Symbolic links are followed within the image, and what is missing
// is made: a layer need not have the directories that its files are in.
func (n *imageName) directory(name string, layer int) *imageName {
	at := []*imageName{n} // from the root on
	links := 0
	for rest := strings.Split(name, "/"); len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			at = at[:max(1, len(at)-1)]
			continue
		}
		here := at[len(at)-1]
		next := here.below[part]
		if next != nil && next.below == nil && next.file.header.Typeflag == tar.TypeSymlink && links < maxLinks {
			links++
			target := next.file.header.Linkname
			if path.IsAbs(target) {
				at = at[:1]
			}
			rest = slices.Concat(strings.Split(target, "/"), rest)
			continue
		}
		if next == nil || next.below == nil {
			next = newDirectory(&imageFile{}, layer)
			here.below[part] = next
		}
		at = append(at, next)
	}
	return at[len(at)-1]
}

// uncover removes what layers below the given one have put into a directory.
func (n *imageName) uncover(layer int) {
	for name := range n.below {
		n.remove(name, layer)
	}
}

// remove removes what layers below the given one have put into a directory under that name.
func (n *imageName) remove(name string, layer int) {
	there := n.below[name]
	if there == nil {
		return
	}
	there.uncover(layer)
	if there.layer < layer && len(there.below) == 0 {
		delete(n.below, name)
	}
}

// writeDirectories writes the directory, which is to have that path, and all that are in it, and notes the names of all files.
func (n *imageName) writeDirectories(archive *tar.Writer, at string, names map[[2]int][]string) error {
	header := tar.Header{Typeflag: tar.TypeDir, Mode: imageRootMode}
	if n.file.header != nil {
		header = *n.file.header
	}
	header.Name, header.Format = at+"/", tar.FormatPAX
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		next, inside := n.below[name], path.Join(at, name)
		if next.below == nil {
			place := [2]int{next.file.layer, next.file.entry}
			names[place] = append(names[place], inside)
		} else if err := next.writeDirectories(archive, inside, names); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file with its first name, and hard links to that for the others.
func writeFile(archive *tar.Writer, header *tar.Header, names []string, content io.Reader) error {
	for i, name := range names {
		header.Name, header.Format = name, tar.FormatPAX
		if i > 0 {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, names[0], 0
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if _, err := io.Copy(archive, content); err != nil {
			return err
		}
	}
	return nil
}
