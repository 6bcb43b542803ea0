package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// serveRegistry runs a registry whose address becomes $REGISTRY. It lets in whoever has the credentials, if there are any.
func serveRegistry(ts *testscript.TestScript, neg bool, args []string) {
	const text = "registry [USER PASSWORD]"
	usage(ts, neg, args, 0, true, text)
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if len(args) > 0 {
		usage(ts, neg, args, 2, false, text)
		images = withLogin(images, args[0], args[1])
		ts.Setenv("REGISTRY_USER", args[0])
		ts.Setenv("REGISTRY_PASSWORD", args[1])
	}
	server := httptest.NewServer(images) // on 127.0.0.1, where the engine asks for no TLS
	ts.Defer(server.Close)
	ts.Setenv("REGISTRY", strings.TrimPrefix(server.URL, "http://"))
}

func withLogin(next http.Handler, user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); ok && u == user && p == password {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="the registry of a script"`)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}`)
	})
}

// push brings busybox and a layer of its own into the script's registry, as an image that the engine has not. What of it comes to the
// engine is removed when the script ends.
func (s *suite) push(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "push NAME [ARCHITECTURE]")
	tag, err := name.NewTag(ts.Getenv("REGISTRY") + "/" + args[0])
	ts.Check(err)
	packed, err := s.likeBusybox()
	ts.Check(err)
	if len(args) > 1 {
		packed, err = ofArchitecture(packed, args[1])
		ts.Check(err)
	}
	login := &authn.Basic{Username: ts.Getenv("REGISTRY_USER"), Password: ts.Getenv("REGISTRY_PASSWORD")}
	ts.Check(remote.Write(tag, packed, remote.WithAuth(login)))
	pushed := ts.Value(pushedKey{}).(*[]string)
	*pushed = append(*pushed, tag.Name())
}

// pushedKey is where a script keeps the names of its images, which the engine may have then.
type pushedKey struct{}

func (s *suite) removeImages(references []string) error {
	var errs []error
	for _, reference := range references {
		_, err := s.docker.ImageRemove(context.Background(), reference, image.RemoveOptions{})
		if err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing image %s: %w", reference, err))
		}
	}
	return errors.Join(errs...)
}

// likeBusybox is the engine's busybox with one more layer.
func (s *suite) likeBusybox() (v1.Image, error) {
	saved, err := s.docker.ImageSave(context.Background(), []string{"busybox:1.36"})
	if err != nil {
		return nil, fmt.Errorf("reading busybox from the engine: %w", err)
	}
	defer saved.Close()
	archive, err := io.ReadAll(saved)
	if err != nil {
		return nil, fmt.Errorf("reading busybox from the engine: %w", err)
	}
	busybox, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil }, nil)
	if err != nil {
		return nil, fmt.Errorf("reading busybox from the engine: %w", err)
	}
	layer, err := random.Layer(64<<10, types.DockerLayer)
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(busybox, layer)
}

// ofArchitecture is an image that says it is for an architecture.
func ofArchitecture(i v1.Image, architecture string) (v1.Image, error) {
	config, err := i.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture = architecture
	return mutate.ConfigFile(i, config)
}
