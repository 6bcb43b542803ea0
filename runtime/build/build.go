// Package build makes the images of containers from directories with a Dockerfile, on the engine itself, and removes those that nobody
// needs any more. It knows nothing of pods beyond the names of their containers.
package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
)

const (
	// Label is on every image that was built here; its value is Container.String. An image made from such a one has it too, so that the
	// label alone does not tell what was built here.
	Label = "podsim.io/build"
	// domain is that of the images' names. No registry has it: nobody can mistake them for images that can be pulled.
	domain = "podsim.local"
)

// Engine is what is asked of the engine.
type Engine interface {
	ImageBuild(ctx context.Context, content io.Reader, options build.ImageBuildOptions) (build.ImageBuildResponse, error)
	ImageTag(ctx context.Context, id, ref string) error
	ImageList(ctx context.Context, options image.ListOptions) ([]image.Summary, error)
	ImageRemove(ctx context.Context, ref string, options image.RemoveOptions) ([]image.DeleteResponse, error)
	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
}

// Container is what an image is built for: a container of a pod, or of all pods of a workload.
type Container struct {
	Namespace string
	// Owner is the name of the pod or workload.
	Owner string
	Name  string
}

// String is the value of Label.
func (c Container) String() string { return c.Namespace + "/" + c.Owner + "/" + c.Name }

// parse is the container of which String gives the text.
func parse(text string) (c Container, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return c, false
	}
	return Container{parts[0], parts[1], parts[2]}, true
}

// longestOwner keeps names of images below the 255 bytes that they may have.
const longestOwner = 100

// Repository is the name of the container's images without a tag.
func (c Container) Repository() string {
	owner := strings.TrimRight(c.Owner[:min(len(c.Owner), longestOwner)], ".-")
	return domain + "/" + c.Namespace + "/" + owner + "/" + c.Name
}

// Failure is a build that failed at a step of the Dockerfile, or before the first.
type Failure struct {
	// Dir is the directory as it was given.
	Dir string
	// Step is the failing one, such as "2/3 (RUN make)"; "" if none had begun.
	Step string
	// Output is all that the build printed.
	Output string
	Err    error
}

func (f *Failure) Error() string {
	if f.Step == "" {
		return fmt.Sprintf("building %s: %v", f.Dir, f.Err)
	}
	return fmt.Sprintf("building %s: step %s: %v", f.Dir, f.Step, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

// tagTime bounds how long the engine may take to name an image.
const tagTime = 30 * time.Second

// Image builds the image of a container and returns its name, which is another one for other content. When ctx ends, so does the build;
// nothing is left of one that failed but the layers that the next can use. An error of the build itself is a *Failure.
func Image(ctx context.Context, e Engine, c Container, from *Directory) (ref string, err error) {
	id, err := run(ctx, e, c, from)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", err
	}
	ref = c.Repository() + ":" + shortID(id)
	naming, cancel := context.WithTimeout(context.WithoutCancel(ctx), tagTime) // else it would stay without a name
	defer cancel()
	if err := e.ImageTag(naming, id, ref); err != nil {
		return "", fmt.Errorf("naming the image built from %s: %w", from.path, err)
	}
	return ref, nil
}

// run builds the image and returns its id.
func run(ctx context.Context, e Engine, c Container, from *Directory) (id string, err error) {
	content, err := from.archive()
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", from.path, err)
	}
	defer content.Close()
	failed := func(err error, output string) (string, error) {
		return "", &Failure{Dir: from.path, Step: lastStep(output), Output: output, Err: err}
	}
	response, err := e.ImageBuild(ctx, content, build.ImageBuildOptions{
		Version: build.BuilderV1, Dockerfile: dockerfile, Labels: map[string]string{Label: c.String()}, Remove: true, ForceRemove: true,
		AuthConfigs: from.Credentials,
	})
	if err != nil {
		return failed(err, "")
	}
	defer response.Body.Close()
	var output bytes.Buffer
	err = jsonmessage.DisplayJSONMessagesStream(response.Body, &output, 0, false, func(m jsonmessage.JSONMessage) {
		var result build.Result
		if json.Unmarshal(*m.Aux, &result) == nil && result.ID != "" {
			id = result.ID
		}
	})
	if err == nil && id == "" {
		err = errors.New("the engine ended the build without an image")
	}
	if err != nil {
		return failed(err, output.String())
	}
	return id, nil
}

// shortID is the beginning of an image's id, as the docker command shows it.
func shortID(id string) string {
	_, hex, ok := strings.Cut(id, ":")
	if !ok {
		hex = id
	}
	return hex[:min(len(hex), 12)]
}

// step is how the engine announces a step of a Dockerfile.
var step = regexp.MustCompile(`(?m)^Step (\d+/\d+) : (.*)$`)

// lastStep is the last step of a build's output.
func lastStep(output string) string {
	steps := step.FindAllStringSubmatch(output, -1)
	if len(steps) == 0 {
		return ""
	}
	last := steps[len(steps)-1]
	return last[1] + " (" + strings.TrimSpace(last[2]) + ")"
}
