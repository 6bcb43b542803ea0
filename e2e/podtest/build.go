package podtest

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/manifest"
	imagebuild "github.com/podsim/podsim/runtime/build"
)

// buildNamespace stands for that of the test in the names of the images, as images outlive the tests: the next build is quick.
const buildNamespace = "podtest"

// build builds the images that were asked for and gives them to their containers.
func (s *space) build(ctx context.Context, builds []build, m *manifest.Contents) error {
	for _, b := range builds {
		from, err := imagebuild.Open(b.dir)
		if err != nil {
			return fmt.Errorf("container %q: %w", b.container, err)
		}
		of := imagebuild.Container{Namespace: buildNamespace, Owner: m.Pods[0].Name, Name: b.container}
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
		if err := imagebuild.RemoveOlder(ctx, s.node.Engine, of, ref); err != nil {
			return err
		}
	}
	return nil
}
