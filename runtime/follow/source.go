package follow

import (
	"context"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/podsim/podsim/runtime/podstate"
)

// ContainerLog is the LogSource of a container of a pod behind the API.
type ContainerLog struct {
	Client    corev1client.CoreV1Interface
	Pod       *corev1.Pod
	Container string
}

// Open implements LogSource.
func (c ContainerLog) Open(ctx context.Context, previous bool, since time.Time) (io.ReadCloser, error) {
	options := &corev1.PodLogOptions{Container: c.Container, Follow: !previous, Previous: previous, Timestamps: true}
	if !since.IsZero() {
		options.SinceTime = &metav1.Time{Time: since} // which travels in whole seconds
	}
	return c.Client.Pods(c.Pod.Namespace).GetLogs(c.Pod.Name, options).Stream(ctx)
}

// Status implements LogSource.
func (c ContainerLog) Status(ctx context.Context) (*corev1.ContainerStatus, error) {
	pod, err := c.Client.Pods(c.Pod.Namespace).Get(ctx, c.Pod.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	for _, status := range podstate.AllStatuses(pod) {
		if status.Name == c.Container {
			return &status, nil
		}
	}
	return nil, fmt.Errorf("pod %q has no status of container %q", c.Pod.Name, c.Container)
}
