package volumes

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// layerOf is a layer with entries like "dir/", "file=content", "link->target" and "link==file", a hard link.
func layerOf(t *testing.T, entries ...string) v1.Layer {
	t.Helper()
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	for _, entry := range entries {
		header, content := &tar.Header{Typeflag: tar.TypeReg, Mode: 0o640, Uid: 7, PAXRecords: map[string]string{"SCHILY.xattr.user.a": "b"}}, ""
		if name, target, ok := strings.Cut(entry, "->"); ok {
			header.Typeflag, header.Name, header.Linkname = tar.TypeSymlink, name, target
		} else if name, target, ok := strings.Cut(entry, "=="); ok {
			header.Typeflag, header.Name, header.Linkname = tar.TypeLink, name, target
		} else if strings.HasSuffix(entry, "/") {
			header.Typeflag, header.Name = tar.TypeDir, entry
		} else {
			header.Name, content, _ = strings.Cut(entry, "=")
			header.Size = int64(len(content))
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// entriesOf are the entries of an archive, as layerOf takes them.
func entriesOf(t *testing.T, archive io.Reader) []string {
	t.Helper()
	var entries []string
	for from := tar.NewReader(archive); ; {
		header, err := from.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		entry := header.Name
		switch header.Typeflag {
		case tar.TypeSymlink:
			entry += "->" + header.Linkname
		case tar.TypeLink:
			entry += "==" + header.Linkname
		case tar.TypeReg:
			content, err := io.ReadAll(from)
			if err != nil {
				t.Fatal(err)
			}
			entry += "=" + string(content)
		}
		if told := header.Uid == 7; told != (header.PAXRecords["SCHILY.xattr.user.a"] == "b") || told != (header.Mode == 0o640) {
			t.Errorf("%s: mode %o, owner %d, %v", entry, header.Mode, header.Uid, header.PAXRecords)
		}
		entries = append(entries, entry)
	}
}

func TestWhatTheLayersOfAnImageLeave(t *testing.T) {
	for name, c := range map[string]struct {
		layers [][]string
		want   []string
	}{
		"nothing":                      {nil, []string{"v/"}},
		"one layer":                    {[][]string{{"./", "./b=1", "./a/", "./a/c=2"}}, []string{"v/", "v/a/", "v/b=1", "v/a/c=2"}},
		"a file replaced":              {[][]string{{"a=1", "b=1"}, {"a=2"}}, []string{"v/", "v/b=1", "v/a=2"}},
		"a file removed":               {[][]string{{"a=1", "b=1"}, {".wh.a"}}, []string{"v/", "v/b=1"}},
		"and made again":               {[][]string{{"a=1"}, {".wh.a"}, {"a=3"}}, []string{"v/", "v/a=3"}},
		"a directory removed":          {[][]string{{"d/", "d/a=1", "d/e/", "d/e/b=1"}, {".wh.d"}}, []string{"v/"}},
		"a directory emptied":          {[][]string{{"d/", "d/a=1", "d/e/", "d/e/b=1"}, {"d/", "d/e/", "d/e/c=2", "d/.wh..wh..opq"}}, []string{"v/", "v/d/", "v/d/e/", "v/d/e/c=2"}},
		"a directory told of again":    {[][]string{{"d/", "d/a=1"}, {"d/"}}, []string{"v/", "v/d/", "v/d/a=1"}},
		"a file in place of one":       {[][]string{{"d/", "d/a=1"}, {"d=2"}}, []string{"v/", "v/d=2"}},
		"a directory in place of file": {[][]string{{"d=1"}, {"d/", "d/a=2"}}, []string{"v/", "v/d/", "v/d/a=2"}},
		"a directory nobody tells of":  {[][]string{{"d/e/a=1"}}, []string{"v/", "v/d/", "v/d/e/", "v/d/e/a=1"}},
		"notes of a layer":             {[][]string{{".wh..wh.plnk/", ".wh..wh.plnk/1=x", "a=1"}}, []string{"v/", "v/a=1"}},
		"hard links":                   {[][]string{{"b=1", "a==b", "d/", "d/c==./a"}}, []string{"v/", "v/d/", "v/a=1", "v/b==v/a", "v/d/c==v/a"}},
		"whose first name is replaced": {[][]string{{"a=1", "b==a", "c==a"}, {"a=2"}}, []string{"v/", "v/b=1", "v/c==v/b", "v/a=2"}},
		"whose first name is removed":  {[][]string{{"a=1", "b==a"}, {".wh.a"}}, []string{"v/", "v/b=1"}},
		"to a layer below":             {[][]string{{"a=1"}, {"b==a"}}, []string{"v/", "v/a=1", "v/b==v/a"}},
		"links that lead anywhere":     {[][]string{{"a->../../../x", "b->/y", "d/", "d/c->../b"}}, []string{"v/", "v/d/", "v/a->../../../x", "v/b->/y", "v/d/c->../b"}},
		"through a link":               {[][]string{{"usr/", "usr/lib/", "lib->/usr/lib"}, {"lib/a=1"}}, []string{"v/", "v/usr/", "v/usr/lib/", "v/lib->/usr/lib", "v/usr/lib/a=1"}},
		"through a link out of it":     {[][]string{{"e->../../e2"}, {"e/a=1"}}, []string{"v/", "v/e2/", "v/e->../../e2", "v/e2/a=1"}},
		"through a link to itself":     {[][]string{{"e->e"}, {"e/a=1"}}, []string{"v/", "v/e/", "v/e/a=1"}},
		"names that lead out":          {[][]string{{"../../a=1", "/b=2"}}, []string{"v/", "v/a=1", "v/b=2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var layers []v1.Layer
			for _, entries := range c.layers {
				layers = append(layers, layerOf(t, entries...))
			}
			var out bytes.Buffer
			if err := flatten(layers, "v", &out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, entriesOf(t, &out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLayersThatAreWrong(t *testing.T) {
	if err := flatten([]v1.Layer{layerOf(t, "a=1"), layerOf(t, "d/b==c")}, "v", io.Discard); fmt.Sprint(err) != `layer 1: "d/b" is a hard link to "c", which is no file` {
		t.Error(err)
	}
	half, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("no archive" + strings.Repeat(" ", 600))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := flatten([]v1.Layer{half}, "v", io.Discard); err == nil {
		t.Error("what is no archive is taken for an empty one")
	}
}
