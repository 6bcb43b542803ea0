package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/httpget"
)

// userAgent is how the hooks of a kubelet introduce themselves (S7.10).
const userAgent = "kube-lifecycle/1.37"

// get asks the pod, or the host that the action names. Any answer will do, whatever its status. One in plain HTTP to a question in HTTPS
// is asked for again, in plain HTTP and without the credentials (S7.10).
func get(ctx context.Context, action *corev1.HTTPGetAction, in Input) error {
	if in.Dial == nil || action.Host == "" && !hasSandboxAddress(in) {
		return fmt.Errorf("failed to find networking container: %s", podspec.PodIdentity(in.Pod))
	}
	request, err := httpget.NewRequest(action, in.Container, in.PodIP, userAgent)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	transport := httpget.Transport(ctx, in.Dial)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: httpget.SameHost}

	err = ask(client, request.WithContext(ctx))
	if !errors.Is(err, http.ErrSchemeMismatch) {
		return err
	}
	plain := request.Clone(ctx)
	plain.URL.Scheme = "http"
	plain.Header.Del("Authorization")
	if ask(client, plain) != nil {
		return err
	}
	in.Warn(corev1.EventTypeWarning, "LifecycleHTTPFallback",
		fmt.Sprintf("request to HTTPS lifecycle hook %s got HTTP response, retry with HTTP succeeded", plain.URL.Host))
	return nil
}

// hasSandboxAddress reports whether the pod's sandbox has an address of its own. On the host's network it has none, and there a kubelet's
// hook that names no host fails (kubernetes/kubernetes#134285); probes take the node's address instead (S6.13).
func hasSandboxAddress(in Input) bool { return in.PodIP != "" && !in.Pod.Spec.HostNetwork }

// ask waits for the answer and reads its body, unless that is announced as longer than httpget.MaxBody.
func ask(client *http.Client, request *http.Request) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.ContentLength <= httpget.MaxBody {
		_, _ = io.CopyN(io.Discard, response.Body, httpget.MaxBody) // the answer counts, not how it ends
	}
	return nil
}
