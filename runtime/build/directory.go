package build

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/docker/api/types/registry"
	"github.com/moby/go-archive"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

const (
	dockerfile   = "Dockerfile"
	dockerignore = ".dockerignore"
)

// Directory is one that an image is built from, with what its .dockerignore leaves out.
type Directory struct {
	path     string
	excludes []string
	matcher  *patternmatcher.PatternMatcher
	// Credentials are those for the registries from which the Dockerfile's images come, by their addresses.
	Credentials map[string]registry.AuthConfig
}

// Open looks at a directory. The error names the directory, and what keeps an image from being built from it.
func Open(path string) (*Directory, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such directory", path)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a directory; give the one that the Dockerfile stands in", path)
	}
	switch info, err := os.Stat(filepath.Join(path, dockerfile)); {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no Dockerfile in it", path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: its Dockerfile is not a file", path)
	case info.Size() == 0:
		return nil, fmt.Errorf("%s: its Dockerfile is empty", path)
	}
	excludes, err := readIgnored(path)
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(excludes)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(path, dockerignore), err)
	}
	return &Directory{path: path, excludes: excludes, matcher: matcher}, nil
}

// readIgnored are the patterns of the directory's .dockerignore. What the engine itself reads is never left out.
func readIgnored(path string) ([]string, error) {
	file, err := os.Open(filepath.Join(path, dockerignore))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	return append(patterns, "!"+dockerfile, "!"+dockerignore), nil
}

// Ignores reports whether a file of the directory, by its path from there, is left out of the build.
func (d *Directory) Ignores(file string) bool {
	ignored, err := d.matcher.MatchesOrParentMatches(file)
	return err == nil && ignored
}

// IgnoresAll reports whether a directory in it is left out with all that it holds. Where the .dockerignore makes exceptions, none is.
func (d *Directory) IgnoresAll(directory string) bool {
	const own = 2 // of readIgnored
	exceptions := 0
	for _, p := range d.matcher.Patterns() {
		if p.Exclusion() {
			exceptions++
		}
	}
	return exceptions <= own && d.Ignores(directory)
}

// check tells of a file that cannot be read, which the archive would be without.
func (d *Directory) check() error {
	return filepath.WalkDir(d.path, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(d.path, path)
		switch {
		case relErr != nil:
			return relErr
		case errors.Is(err, os.ErrNotExist): // it has just gone
			return nil
		case name != "." && entry.IsDir() && d.IgnoresAll(name):
			return fs.SkipDir
		case name != "." && d.Ignores(name):
			return nil
		case err != nil:
			return err
		case !entry.Type().IsRegular():
			return nil
		}
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w; leave it out with %s if the image does not need it", err, dockerignore)
		}
		return file.Close()
	})
}

// archive is what the engine is given, as if all of it were root's.
func (d *Directory) archive() (io.ReadCloser, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return archive.TarWithOptions(d.path, &archive.TarOptions{ExcludePatterns: d.excludes, ChownOpts: &archive.ChownOpts{}})
}
