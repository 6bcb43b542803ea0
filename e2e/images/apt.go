package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

const (
	// listsAge is how long apt's lists of packages are taken for new.
	listsAge = 24 * time.Hour
	// downloadTimeout is for all packages of an image together.
	downloadTimeout = 10 * time.Minute
)

// apt is apt-get with directories of its own: it resolves as if nothing were installed, needs no root, and leaves the machine's own
// state alone. It takes packages from where the machine's apt does, of the machine's release, and checks their signatures.
type apt struct {
	dir          string // kept from run to run
	architecture string // Debian's name of it, such as amd64; Go's names are the same for those that an engine has
}

// newApt keeps its lists and downloads in the user's cache directory.
func newApt(architecture string) (apt, error) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return apt{}, errors.New("images of Debian packages are made on Debian or Ubuntu (no apt-get here); " +
			"bring the image by hand: `docker save` where it is, `docker load` here")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	a := apt{filepath.Join(cache, "podsim-images", architecture), architecture}
	for _, dir := range []string{"lists/partial", "cache/archives/partial", "packages"} {
		if err := os.MkdirAll(filepath.Join(a.dir, dir), 0o755); err != nil {
			return apt{}, fmt.Errorf("making apt's directory: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(a.dir, "status"), nil, 0o644); err != nil {
		return apt{}, fmt.Errorf("making apt's directory: %w", err)
	}
	return a, nil
}

// packages has the wanted packages and all that they need in the cache, except those omitted, and returns the paths of their archives
// in the order in which an installation would unpack them.
func (a apt) packages(ctx context.Context, out io.Writer, wanted, omitted []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	updateErr := a.update(ctx, out)
	plan, err := a.run(ctx, ".", append([]string{"--simulate", "install"}, wanted...)...)
	if err != nil {
		return nil, errors.Join(err, updateErr)
	}
	chosen := installed(plan, omitted)
	// Of what is in its directory already it says nothing, so it does not run in that of the packages.
	addresses, err := a.run(ctx, ".", append([]string{"--print-uris", "download"}, chosen...)...)
	if err != nil {
		return nil, errors.Join(err, updateErr)
	}
	// apt-get leaves alone what is in its directory and has the right hash.
	if _, err := a.run(ctx, "packages", append([]string{"download"}, chosen...)...); err != nil {
		return nil, errors.Join(err, updateErr)
	}
	paths, err := a.archives(addresses)
	if err == nil && len(paths) != len(chosen) {
		err = fmt.Errorf("apt-get named %d archives for %d packages:\n%s", len(paths), len(chosen), addresses)
	}
	return paths, err
}

// update has lists of packages that are not too old. Where it fails, older lists and what is downloaded already may do.
func (a apt) update(ctx context.Context, out io.Writer) error {
	stamp := filepath.Join(a.dir, "updated")
	if known, err := os.Stat(stamp); err == nil && time.Since(known.ModTime()) < listsAge {
		return nil
	}
	fmt.Fprintln(out, "reading the lists of Debian packages")
	if _, err := a.run(ctx, ".", "update"); err != nil {
		return err
	}
	return os.WriteFile(stamp, nil, 0o644)
}

// run runs apt-get in a directory of its own.
func (a apt) run(ctx context.Context, directory string, args ...string) ([]byte, error) {
	settings := []string{
		"-qq",
		"-o", "Dir::State=" + a.dir,
		"-o", "Dir::State::status=" + filepath.Join(a.dir, "status"),
		"-o", "Dir::State::lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"-o", "APT::Architecture=" + a.architecture,
		"-o", "APT::Architectures=" + a.architecture,
		"-o", "APT::Install-Recommends=false",
		"-o", "APT::Sandbox::User=", // the directory is the user's own
		"-o", "Acquire::Languages=none",
		"-o", "Acquire::Retries=3",
	}
	c := exec.CommandContext(ctx, "apt-get", append(settings, args...)...)
	c.Dir = filepath.Join(a.dir, directory)
	c.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var said bytes.Buffer
	c.Stderr = &said
	output, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("running apt-get %s: %w\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	return output, nil
}

// installed reads from what `apt-get --simulate install` says the packages that it would install, as name=version, in order:
//
//	Inst libc6 (2.36-9+deb12u10 Debian:12.11/stable [amd64]) []
func installed(plan []byte, omitted []string) []string {
	var packages []string
	for line := range strings.Lines(string(plan)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "Inst" || matchesAny(fields[1], omitted) {
			continue
		}
		packages = append(packages, fields[1]+"="+strings.TrimPrefix(fields[2], "("))
	}
	return packages
}

func matchesAny(name string, patterns []string) bool {
	for _, pattern := range patterns {
		if matches, err := path.Match(pattern, name); err == nil && matches {
			return true
		}
	}
	return false
}

// archives reads the names of files from what `apt-get --print-uris download` says:
//
//	'http://deb.debian.org/debian/pool/main/d/dash/dash_0.5.12-2_amd64.deb' dash_0.5.12-2_amd64.deb 97936 SHA256:...
func (a apt) archives(addresses []byte) ([]string, error) {
	var paths []string
	for line := range strings.Lines(string(addresses)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "'") {
			return nil, fmt.Errorf("apt-get --print-uris says %q, which is no address and file", strings.TrimSpace(line))
		}
		paths = append(paths, filepath.Join(a.dir, "packages", fields[1]))
	}
	return paths, nil
}
