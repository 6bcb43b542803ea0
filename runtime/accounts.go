package runtime

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/instance"
)

// accounts are the users and groups of the images that were looked into, by image id.
type accounts struct {
	mu    sync.Mutex
	known map[string]instance.Accounts
}

// imageAccounts reads /etc/passwd and /etc/group of an image, through a container that is never started, and only once: images do not
// change. An image need not have the files.
func (w *worker) imageAccounts(ctx context.Context, pod *corev1.Pod, imageID string) (instance.Accounts, error) {
	all := &w.node.accounts
	all.mu.Lock()
	defer all.mu.Unlock()
	if found, ok := all.known[imageID]; ok {
		return found, nil
	}
	config := &dockercontainer.Config{
		Image: imageID, Entrypoint: []string{"-"},
		Labels: map[string]string{network.LabelManaged: "true", network.LabelNode: w.node.options.ID, network.LabelPodUID: string(pod.UID)},
	}
	created, err := w.node.engine.ContainerCreate(ctx, config, &dockercontainer.HostConfig{NetworkMode: "none"}, nil, nil, "")
	if err != nil {
		return instance.Accounts{}, fmt.Errorf("looking for the users of the image: %s", engineText(err))
	}
	defer w.discard(created.ID)
	files := map[string][]byte{"/etc/passwd": nil, "/etc/group": nil}
	for path := range files {
		if files[path], err = getFile(ctx, w.node.engine, created.ID, path); err != nil && !errdefs.IsNotFound(err) {
			return instance.Accounts{}, fmt.Errorf("reading %s of the image: %s", path, engineText(err))
		}
	}
	found := instance.ParseAccounts(files["/etc/passwd"], files["/etc/group"])
	if all.known == nil {
		all.known = map[string]instance.Accounts{}
	}
	all.known[imageID] = found
	return found, nil
}
