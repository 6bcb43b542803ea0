package up

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/cmd/podsim/exit"
)

// images are what the flags --image and --build say about the images of containers.
type images []*imageFlag

// imageFlag is one of these flags, as --image=app=web:2 or --build=web/app=./app. Loading the manifests fills in what it is about.
type imageFlag struct {
	flag string // "image" or "build"
	// object is the name of the pod or workload; "" is the only one that has the container.
	object, container string
	value             string
	targets           []target
}

// target is a container of a pod, or of a workload's template, as the manifest names it.
type target struct{ namespace, object, container string }

// parseImages reads the values of both flags. A container can be named but once.
func parseImages(replaced, built []string) (images, error) {
	var all images
	for flag, values := range map[string][]string{"image": replaced, "build": built} {
		for _, value := range values {
			f, err := parseImageFlag(flag, value)
			if err != nil {
				return nil, exit.WithCode(exit.BadManifest, err)
			}
			if slices.ContainsFunc(all, func(other *imageFlag) bool { return other.name() == f.name() }) {
				return nil, exit.WithCode(exit.BadManifest, fmt.Errorf("--image and --build name container %q more than once", f.name()))
			}
			all = append(all, f)
		}
	}
	return all, nil
}

func parseImageFlag(flag, text string) (*imageFlag, error) {
	name, value, ok := strings.Cut(text, "=")
	object, container, qualified := strings.Cut(name, "/")
	if !qualified {
		object, container = "", name
	}
	if !ok || container == "" || value == "" || qualified && object == "" {
		what := map[string]string{"image": "IMAGE", "build": "DIR"}[flag]
		return nil, fmt.Errorf("--%s=%s: want CONTAINER=%s, or POD/CONTAINER=%s where several pods have a container of that name", flag, text, what, what)
	}
	return &imageFlag{flag: flag, object: object, container: container, value: value}, nil
}

// name is the container as the flag names it.
func (f *imageFlag) name() string {
	if f.object == "" {
		return f.container
	}
	return f.object + "/" + f.container
}

// amender changes the images of containers as the manifests are loaded, and notes which containers there are.
type amender struct {
	images images
	there  []target
}

// amend is manifest.Options.Amend.
func (a *amender) amend(object metav1.Object, spec *corev1.PodSpec) {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			found := target{object.GetNamespace(), object.GetName(), list[i].Name}
			a.there = append(a.there, found)
			for _, f := range a.images {
				if f.container == found.container && (f.object == "" || f.object == found.object) {
					f.targets = append(f.targets, found)
					f.change(&list[i], found)
				}
			}
		}
	}
}

// change gives a container the image that the flag asks for.
func (f *imageFlag) change(c *corev1.Container, t target) {
	if f.flag == "build" {
		unbuilt(c, t)
	} else {
		c.Image = f.value
	}
}

// check refuses flags that name no container, or several.
func (a *amender) check() error {
	var errs []error
	for _, f := range a.images {
		switch {
		case len(f.targets) == 0:
			errs = append(errs, fmt.Errorf("--%s=%s=%s: there is no such container; there are %s", f.flag, f.name(), f.value, a.list(a.there)))
		case f.object == "" && len(f.targets) > 1:
			errs = append(errs, fmt.Errorf("--%s=%s=%s: several pods have such a container; name one of %s", f.flag, f.name(), f.value, a.list(f.targets)))
		}
	}
	return exit.WithCode(exit.BadManifest, errors.Join(errs...))
}

// list names containers as the flags do: with their pods, or workloads, if there is more than one.
func (a *amender) list(targets []target) string {
	several := slices.ContainsFunc(a.there, func(t target) bool { return t.object != a.there[0].object })
	var names []string
	for _, t := range targets {
		name := t.container
		if several {
			name = t.object + "/" + name
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
