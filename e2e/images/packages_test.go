package main

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAptWouldInstallIsReadFromItsPlan(t *testing.T) {
	plan := `Inst gcc-12-base (12.2.0-14+deb12u1 Debian:12.12/oldstable [amd64])
Inst libc6 (2.36-9+deb12u13 Debian:12.12/oldstable [amd64]) []
Inst perl-base (5.36.0-7+deb12u3 Debian:12.12/oldstable [amd64])
Inst cron (3.0pl1-162 Debian:12.12/oldstable [amd64])
Conf cron (3.0pl1-162 Debian:12.12/oldstable [amd64])
`
	want := []string{"gcc-12-base=12.2.0-14+deb12u1", "libc6=2.36-9+deb12u13", "cron=3.0pl1-162"}
	if diff := cmp.Diff(want, installed([]byte(plan), []string{"perl-*"})); diff != "" {
		t.Errorf("the packages differ (-want +got):\n%s", diff)
	}
}

func TestArchivesAreNamedByApt(t *testing.T) {
	got, err := apt{dir: "/cache"}.archives([]byte("'http://deb.debian.org/c/cron_3.0pl1-162_amd64.deb' cron_3.0pl1-162_amd64.deb 73000 SHA256:0\n" +
		"'http://deb.debian.org/p/psql_1%253a2_all.deb' psql_1%3a2_all.deb 1 SHA256:1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/cache/packages/cron_3.0pl1-162_amd64.deb", "/cache/packages/psql_1%3a2_all.deb"}, got); diff != "" {
		t.Errorf("the paths differ (-want +got):\n%s", diff)
	}
	if _, err := (apt{}).archives([]byte("E: no such package\n")); err == nil {
		t.Error("what is no address was taken for one")
	}
}

func TestFilesHaveTheirPlaceBelowUsr(t *testing.T) {
	for name, want := range map[string]string{
		"./bin/sh":                      "usr/bin/sh",
		"./lib/x86_64-linux-gnu/lib.so": "usr/lib/x86_64-linux-gnu/lib.so",
		"./usr/bin/sh":                  "usr/bin/sh",
		"./lib/":                        "lib", // a directory that is a link already
		"./library/x":                   "library/x",
		"./etc/":                        "etc",
		"./":                            ".",
	} {
		if got := placed(name); got != want {
			t.Errorf("placed(%q) = %q, want %q", name, got, want)
		}
	}
}

// tarOf is a package's files; a name that ends in a slash is a directory, one with an arrow a hard link.
func tarOf(t *testing.T, names ...string) *bytes.Buffer {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range names {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: 1}
		if link, target, is := strings.Cut(name, " -> "); is {
			header = &tar.Header{Typeflag: tar.TypeLink, Name: link, Linkname: target, Mode: 0o755}
		} else if strings.HasSuffix(name, "/") {
			header = &tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o700}
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &archive
}

func TestALayerHoldsWhatPackagesHoldInAnOrderThatUnpacks(t *testing.T) {
	tree := newTree()
	if err := tree.addAll(tarOf(t, "./", "./bin/", "./bin/a -> ./bin/b", "./bin/b", "./usr/share/doc/b/copyright", "./opt/", "./opt/b")); err != nil {
		t.Fatal(err)
	}
	if err := tree.addAll(tarOf(t, "./opt/", "./usr/lib/server/9/bin/serve")); err != nil {
		t.Fatal(err)
	}
	layer, err := (recipe{
		accounts: []account{{"server", 999, "/srv"}},
		files:    []textFile{{"etc/pam.d/cron", "content\n"}},
		commands: []string{"usr/lib/server/*/bin/*"},
	}).finish(tree)
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	links := map[string]string{}
	r := tar.NewReader(bytes.NewReader(layer))
	for i := 1; ; i++ {
		header, err := r.Next()
		if err != nil {
			break
		}
		if place[header.Name] != 0 {
			t.Errorf("%s is there twice", header.Name)
		}
		place[header.Name], links[header.Name] = i, header.Linkname
	}
	for _, name := range []string{"bin", "tmp/", "opt/", "opt/b", "usr/bin/b", "etc/passwd", "etc/group", "etc/pam.d/cron"} {
		if place[name] == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	if place["usr/bin/a"] < place["usr/bin/b"] || links["usr/bin/a"] != "usr/bin/b" {
		t.Errorf("the hard link is to %q, and entry %d after %d", links["usr/bin/a"], place["usr/bin/a"], place["usr/bin/b"])
	}
	if place["opt/b"] < place["opt/"] {
		t.Error("a directory comes after what is in it")
	}
	if place["usr/share/doc/b/copyright"] != 0 {
		t.Error("documentation is in the image")
	}
	if got := links["usr/local/bin/serve"]; got != "/usr/lib/server/9/bin/serve" {
		t.Errorf("the command on the path is a link to %q", got)
	}
}

func TestImagesOfExamplesAreKnownByName(t *testing.T) {
	all, err := chosen([]string{"examples"})
	if err != nil || len(all) != len(recipes)+len(stores) {
		t.Errorf("%d images for %d recipes and %d stores, %v", len(all), len(recipes), len(stores), err)
	}
	if _, err := chosen([]string{"rsyslogd"}); err == nil || !strings.Contains(err.Error(), "rsyslog,") {
		t.Errorf("an unknown name gets %v, which names none that is known", err)
	}
}

func TestAnImageIsMadeAnewWhenItsRecipeChanges(t *testing.T) {
	r := recipes[0]
	before := r.revision("amd64")
	if r.revision("amd64") != before {
		t.Error("the same recipe has two revisions")
	}
	if r.revision("arm64") == before {
		t.Error("two architectures have one revision")
	}
	r.files = []textFile{{"etc/motd", "hello\n"}}
	if r.revision("amd64") == before {
		t.Error("the recipe has changed and its revision has not")
	}
}
