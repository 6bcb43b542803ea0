package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/podsim/podsim/runtime/engine"
)

// layout changes when the same recipe makes another image.
const layout = 1

// revision tells one recipe's image from another's. It does not depend on versions of packages, so that an image that is there needs no
// look at Debian's archive; remove the image to have one of newer packages.
func (r recipe) revision(architecture string) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%d %s %q %q %+v", layout, architecture, always, installersOnly, r)))
}

// ensure makes the image of Debian packages and loads it, unless the engine has it already.
func (r recipe) ensure(ctx context.Context, docker engine.Engine, out io.Writer) error {
	facts, err := engine.ReadFacts(ctx, docker)
	if err != nil {
		return err
	}
	revision := r.revision(facts.Arch)
	present, err := isRevision(ctx, docker, r.reference(), revision)
	if err != nil || present {
		return err
	}
	fmt.Fprintf(out, "building %s from Debian's %s\n", r.reference(), strings.Join(r.packages, ", "))
	a, err := newApt(facts.Arch)
	if err != nil {
		return err
	}
	archives, err := a.packages(ctx, out, slices.Concat(always, r.packages), slices.Concat(installersOnly, r.omitted))
	if err != nil {
		return fmt.Errorf("fetching the packages of %s: %w", r.reference(), err)
	}
	layer, err := r.layer(ctx, archives)
	if err != nil {
		return fmt.Errorf("packing %s: %w", r.reference(), err)
	}
	packed, err := packLayer(layer, facts.Arch, r.config(revision))
	if err != nil {
		return fmt.Errorf("packing %s: %w", r.reference(), err)
	}
	return load(ctx, docker, r.reference(), packed)
}

// layer is the root filesystem of these packages.
func (r recipe) layer(ctx context.Context, archives []string) ([]byte, error) {
	t := newTree()
	for _, archive := range archives {
		if err := t.unpack(ctx, archive); err != nil {
			return nil, err
		}
	}
	return r.finish(t)
}

// finish adds to what packages hold what their installation would have added, and packs it.
func (r recipe) finish(t *tree) ([]byte, error) {
	r.addAccounts(t)
	for _, f := range r.files {
		t.write(f.name, f.content)
	}
	for _, pattern := range r.commands {
		for _, program := range t.matching(pattern) {
			t.link("usr/local/bin/"+program[strings.LastIndex(program, "/")+1:], "/"+program)
		}
	}
	for name, target := range r.links {
		t.link(name, target)
	}
	return t.layer()
}

// addAccounts gives the image Debian's accounts, and those of the recipe.
func (r recipe) addAccounts(t *tree) {
	users := string(t.content["usr/share/base-passwd/passwd.master"])
	groups := string(t.content["usr/share/base-passwd/group.master"])
	for _, a := range r.accounts {
		users += fmt.Sprintf("%s:*:%d:%d::%s:/bin/sh\n", a.name, a.id, a.id, a.home)
		groups += fmt.Sprintf("%s:*:%d:\n", a.name, a.id)
	}
	t.write("etc/passwd", users)
	t.write("etc/group", groups)
}
