package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// file is an entry of an image's root filesystem as an observer sees it.
type file struct {
	Name, Link, Content string
	Mode                int64
}

func filesOf(t *testing.T, packed v1.Image) []file {
	t.Helper()
	extracted := mutate.Extract(packed)
	defer extracted.Close()
	var got []file
	for r := tar.NewReader(extracted); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		if _, err := io.Copy(&content, r); err != nil {
			t.Fatal(err)
		}
		got = append(got, file{header.Name, header.Linkname, content.String(), header.Mode})
	}
}

func TestTheImageHoldsBusyboxAndALinkForEachApplet(t *testing.T) {
	packed, err := busyboxImage([]byte("the program"), []string{"[", "busybox", "sh"}, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	want := []file{
		{Name: "bin", Mode: 0o755},
		{Name: "bin/busybox", Content: "the program", Mode: 0o755},
		{Name: "bin/[", Link: "/bin/busybox", Mode: 0o777},
		{Name: "bin/sh", Link: "/bin/busybox", Mode: 0o777},
	}
	if diff := cmp.Diff(want, filesOf(t, packed)); diff != "" {
		t.Errorf("the image's files differ (-want +got):\n%s", diff)
	}
}

func TestTheImageRunsAShellOnTheDefaultPath(t *testing.T) {
	packed, err := busyboxImage(nil, nil, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	config, err := packed.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "arm64" {
		t.Errorf("the image is for %s/%s, want linux/arm64", config.OS, config.Architecture)
	}
	if diff := cmp.Diff([]string{"/bin/sh"}, config.Config.Cmd); diff != "" {
		t.Errorf("the command differs (-want +got):\n%s", diff)
	}
	if len(config.Config.Env) != 1 || config.Config.Env[0] != "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" {
		t.Errorf("the environment is %v", config.Config.Env)
	}
}

func TestTheImageOfAProgramHoldsNothingElse(t *testing.T) {
	packed, err := program{name: "probetarget"}.image([]byte("the program"), "abc", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]file{{Name: "probetarget", Content: "the program", Mode: 0o755}}, filesOf(t, packed)); diff != "" {
		t.Errorf("the image's files differ (-want +got):\n%s", diff)
	}
	config, err := packed.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/probetarget"}, config.Config.Entrypoint); diff != "" {
		t.Errorf("the entrypoint differs (-want +got):\n%s", diff)
	}
}
