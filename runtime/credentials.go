package runtime

import (
	"context"
	"errors"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/registry"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/keyring"
	"github.com/podsim/podsim/runtime/plan"
)

// podCredentials are those that the pod's pull secrets have for an image, in the order in which they are tried. The error is about the
// form of a secret.
func (w *worker) podCredentials(pod *corev1.Pod, ref reference.Named) ([]registry.AuthConfig, error) {
	secrets, _ := w.pullSecrets(pod)
	ring, err := keyring.New(secrets)
	if err != nil {
		return nil, err
	}
	return ring.Lookup(ref.Name()), nil
}

// pullSecrets are the Secrets that the pod names for pulls, and the names of those that there are not.
func (w *worker) pullSecrets(pod *corev1.Pod) (found []*corev1.Secret, missing []string) {
	for _, r := range pod.Spec.ImagePullSecrets {
		if r.Name == "" {
			continue
		}
		if secret, ok := w.node.objects().Secret(pod.Namespace, r.Name); ok {
			found = append(found, secret)
		} else {
			missing = append(missing, r.Name)
		}
	}
	return found, missing
}

// announceMissingPullSecrets tells of pull secrets that there are not, after a pass in which a pull failed (S14.8).
func (w *worker) announceMissingPullSecrets(pod *corev1.Pod) {
	if _, missing := w.pullSecrets(pod); len(missing) > 0 {
		w.node.recorder.Pod(pod, corev1.EventTypeWarning, "FailedToRetrieveImagePullSecret",
			"Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed.", strings.Join(missing, ", "))
	}
}

// isFailedPull reports whether a start failed because a pull did; one that the back-off forbade was none.
func isFailedPull(err error) bool {
	var failure *startError
	return errors.As(err, &failure) && failure.class == plan.ReasonErrImagePull
}

// userCredentials are what the user's own Docker configuration has for an image, which is here what the node's own is to a kubelet: one
// or none. A credential helper may ask the user, who need not answer: the context ends the wait.
func (n *Node) userCredentials(ctx context.Context, ref reference.Named) ([]registry.AuthConfig, error) {
	if n.options.Keychain == nil {
		return nil, nil
	}
	repository, err := name.NewRepository(ref.Name())
	if err != nil {
		return nil, err
	}
	type answer struct {
		credentials []registry.AuthConfig
		err         error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.credentials, a.err = resolve(ctx, n.options.Keychain, repository)
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.credentials, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func resolve(ctx context.Context, keychain authn.Keychain, repository name.Repository) ([]registry.AuthConfig, error) {
	authenticator, err := authn.Resolve(ctx, keychain, repository)
	if err != nil {
		return nil, withoutOutput(err)
	}
	if authenticator == authn.Anonymous {
		return nil, nil
	}
	c, err := authn.Authorization(ctx, authenticator)
	if err != nil {
		return nil, withoutOutput(err)
	}
	return []registry.AuthConfig{{Username: c.Username, Password: c.Password, Auth: c.Auth, IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken}}, nil
}

// withoutOutput takes off what a credential helper printed, which may be a secret.
func withoutOutput(err error) error {
	text, _, _ := strings.Cut(err.Error(), ", out: ")
	return errors.New(text)
}
