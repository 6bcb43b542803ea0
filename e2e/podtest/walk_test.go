package podtest

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

func TestAWalkSkipsAsThatOfADirectoryDoes(t *testing.T) {
	volume := fstest.MapFS{"a/1": {}, "a/2": {}, "a/b/3": {}, "a/c": {}, "ab/4": {}, "d": {}, "e/5": {}}
	var found []entry
	err := fs.WalkDir(volume, ".", func(path string, d fs.DirEntry, err error) error {
		if path == "." || err != nil {
			return err
		}
		info, err := d.Info()
		found = append(found, entry{path, info})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := errors.New("no more")
	for _, row := range []struct {
		at   string
		says error
	}{
		{"", nil}, {"a", fs.SkipDir}, {"a/1", fs.SkipDir}, {"a/b", fs.SkipDir}, {"a/b/3", fs.SkipDir}, {"a/c", fs.SkipDir}, {"d", fs.SkipDir},
		{"a", fs.SkipAll}, {"a/b/3", fs.SkipAll}, {"a/2", ended},
	} {
		visit := func(visited *[]string, path string) error {
			*visited = append(*visited, path)
			if path == row.at {
				return row.says
			}
			return nil
		}
		var want, got []string
		wantErr := fs.WalkDir(volume, ".", func(path string, _ fs.DirEntry, _ error) error {
			if path == "." {
				return nil
			}
			return visit(&want, path)
		})
		gotErr := visitEach(found, func(path string, _ fs.FileInfo) error { return visit(&got, path) })
		if !slices.Equal(got, want) || gotErr != wantErr {
			t.Errorf("%v at %q: visited %q, error %v; fs.WalkDir %q, error %v", row.says, row.at, got, gotErr, want, wantErr)
		}
	}
}
