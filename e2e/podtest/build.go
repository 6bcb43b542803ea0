package podtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/manifest"
	imagebuild "github.com/podsim/podsim/runtime/build"
)

// buildNamespace stands for that of the test in the names of the images, as images outlive the tests: the next build is quick.
const buildNamespace = "podtest"

// buildOwner stands for the pod of the test there: tests of several packages may have pods and containers of the same names.
func buildOwner(dir, pod string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(hash[:4]) + "-" + pod, nil
}

// build builds the images that were asked for and gives them to their containers. Older ones go with the test: until then a test that runs
// beside it may be about to use them.
func (s *space) build(ctx context.Context, t TB, builds []build, m *manifest.Contents) error {
	for _, b := range builds {
		from, err := imagebuild.Open(b.dir)
		if err != nil {
			return fmt.Errorf("container %q: %w", b.container, err)
		}
		owner, err := buildOwner(b.dir, m.Pods[0].Name)
		if err != nil {
			return fmt.Errorf("container %q: %w", b.container, err)
		}
		of := imagebuild.Container{Namespace: buildNamespace, Owner: owner, Name: b.container}
		ref, err := imagebuild.Image(ctx, s.node.Engine, of, from)
		if err != nil {
			var failure *imagebuild.Failure
			if errors.As(err, &failure) && failure.Output != "" {
				err = fmt.Errorf("%w; the build said:\n%s", err, failure.Output)
			}
			return fmt.Errorf("container %q: %w", b.container, err)
		}
		err = amendContainers(m, b.container, func(c *corev1.Container) error {
			c.Image, c.ImagePullPolicy = ref, corev1.PullNever
			return nil
		})
		if err != nil {
			return err
		}
		t.Cleanup(func() {
			t.Helper()
			ctx, cancel := cleaning(t)
			defer cancel()
			if err := imagebuild.RemoveOlder(ctx, s.node.Engine, of, ref); err != nil {
				t.Errorf("podtest: cleaning up: %v", err)
			}
		})
	}
	return nil
}
