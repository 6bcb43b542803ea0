package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	dockernetwork "github.com/docker/docker/api/types/network"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec/spectest"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// theirNetwork makes a network that is not podsim's.
func (w *world) theirNetwork(name string) {
	w.Helper()
	if _, err := w.client.NetworkCreate(w.Context(), name, dockernetwork.CreateOptions{Driver: "bridge"}); err != nil {
		w.Fatal(err)
	}
}

// networkOfSandbox is the name of the network that the pod's newest sandbox is attached to.
func (w *world) networkOfSandbox() string {
	w.Helper()
	all := w.sandboxes()
	seen, err := w.client.ContainerInspect(w.Context(), all[len(all)-1])
	if err != nil {
		w.Fatal(err)
	}
	found, err := w.client.NetworkInspect(w.Context(), string(seen.HostConfig.NetworkMode), dockernetwork.InspectOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return found.Name
}

func joining(name string) string {
	return strings.Replace(oneMain, "{name: p", `{name: p, annotations: {podsim.io/network: "`+name+`"}`, 1)
}

func TestAPodStaysOnTheNetworkThatItJoined(t *testing.T) {
	inWorld(t, func(w *world) {
		w.theirNetwork("theirs")
		w.up(joining("theirs"))
		if got := w.networkOfSandbox(); got != "theirs" {
			t.Errorf("it is on %s", got)
		}
		w.crash()
		w.options.Network = "" // whatever the next node is told, the pod keeps its own
		w.boot()
		w.loseSandbox()
		w.await("p", "running again", func(pod *corev1.Pod) bool { return len(w.sandboxes()) == 2 && pod.Status.ContainerStatuses[0].Ready })
		if got := w.networkOfSandbox(); got != "theirs" {
			t.Errorf("its second sandbox is on %s", got)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		if diff := cmp.Diff([]string{"network theirs"}, w.machine.Left()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestANodeMayHaveANetworkForAllPods(t *testing.T) {
	inWorld(t, func(w *world) {
		w.theirNetwork("theirs")
		w.crash()
		w.options.Network = "theirs"
		w.boot()
		w.up(oneMain)
		if got := w.networkOfSandbox(); got != "theirs" {
			t.Errorf("it is on %s", got)
		}
		w.createPod(func() *corev1.Pod {
			pod := spectest.Pod(t, `{containers: [{name: main, image: "busybox:1.36"}]}`)
			pod.Name, pod.Annotations = "own", map[string]string{network.AnnotationNetwork: ""}
			return pod
		}())
		w.awaitPhase("own", corev1.PodRunning)
		if got := w.networkOfSandbox(); got != network.Name("default") {
			t.Errorf("the other is on %s", got)
		}
	})
}

func TestANetworkThatIsMissingIsToldBeforeAnythingIsMade(t *testing.T) {
	inWorld(t, func(w *world) {
		pod := spectest.Pod(t, `{containers: [{name: main, image: "busybox:1.36"}]}`)
		pod.Annotations = map[string]string{network.AnnotationNetwork: "nowhere"}
		_, err := w.node.CreatePod(w.Context(), pod)
		const want = `Pod "p" is invalid: metadata.annotations[podsim.io/network]: Invalid value: "nowhere": the engine has no such network; ` +
			`make it with docker network create nowhere, or choose one that docker network ls shows`
		if !apierrors.IsInvalid(err) || err.Error() != want {
			t.Errorf("got %v", err)
		}
		w.wantNothingLeft()
		pod.Spec.HostNetwork = true // it joins none
		if _, err := w.node.CreatePod(w.Context(), pod); err != nil {
			t.Error(err)
		}
	})
}

func TestAPortOfTheMachineIsGivenToOnePod(t *testing.T) {
	inWorld(t, func(w *world) {
		publishing := func(name string) string {
			return strings.NewReplacer("{name: p", "{name: "+name, `image: "busybox:1.36"`, `image: "busybox:1.36", ports: [{containerPort: 80, hostPort: 8080}]`).Replace(oneMain)
		}
		w.create(publishing("p"))
		w.create(publishing("q"))
		time.Sleep(5 * time.Second)
		phases := []string{}
		for _, name := range []string{"p", "q"} {
			pod := w.pod(name)
			phases = append(phases, string(pod.Status.Phase)+" "+pod.Status.Reason)
			if pod.Status.Reason != "" && pod.Status.Message != "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" {
				t.Errorf("%s: %s", name, pod.Status.Message)
			}
		}
		slices.Sort(phases)
		if diff := cmp.Diff([]string{"Failed NodePorts", "Running "}, phases); diff != "" {
			t.Errorf("(S3.14):\n%s", diff)
		}
		warnings := w.node.Warnings(w.Context(), spectest.Pod(t, `{containers: [{name: c, image: i, ports: [{containerPort: 1, hostPort: 8080}]}]}`))
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "spec.containers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/") {
			t.Errorf("warnings: %q", warnings)
		}
		for _, name := range []string{"p", "q"} {
			w.delete(name, 0)
			w.awaitGone(name)
		}
		w.create(publishing("r"))
		w.awaitPhase("r", corev1.PodRunning)
	})
}

// TestASandboxThatTheEngineRefusesIsTriedAgainLater: the end of the one that failed brings no other at once (S5.14).
func TestASandboxThatTheEngineRefusesIsTriedAgainLater(t *testing.T) {
	inWorld(t, func(w *world) {
		refuse := func() {
			w.machine.FailNext("ContainerStart", errors.New("driver failed programming external connectivity on endpoint x (0123): port is already allocated"))
		}
		refuse()
		w.create(oneMain)
		time.Sleep(time.Second)
		for range 3 { // what else happens to the pod
			if _, err := w.node.store.Pods.Update(types.NamespacedName{Namespace: "default", Name: "p"}, func(pod *corev1.Pod) error {
				pod.Labels = map[string]string{"at": time.Now().String()}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			w.node.worker(w.pod("p").UID).inbox.nudge()
			time.Sleep(time.Second)
		}
		if made := w.sandboxes(); len(made) > 0 {
			t.Errorf("%d sandboxes before 10 s", len(made))
		}
		w.wantEvent("p", "Warning FailedCreatePodSandBox : Failed to create pod sandbox: port is already allocated")
		w.awaitPhase("p", corev1.PodRunning)
		if took := w.startTimes("main")[0]; took < 10*time.Second || took > 15*time.Second {
			t.Errorf("it started after %v", took)
		}
	})
}

// TestANetworkThatOthersAreMakingIsNoFailure: two podsims that make the network of a namespace at once see two of it for a moment.
func TestANetworkThatOthersAreMakingIsNoFailure(t *testing.T) {
	for name, err := range map[string]error{
		"made":    errors.New("network podsim_default is ambiguous (2 matches found on name)"),
		"removed": fmt.Errorf("network podsim_default not found: %w", errdefs.ErrNotFound),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				failures := 0
				w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
					if call.Method == "ContainerStart" && failures < transitionTries {
						failures++
						return err
					}
					return nil
				})
				w.up(oneMain)
				if took := w.startTimes("main")[0]; took > 5*time.Second {
					t.Errorf("it started after %v", took)
				}
				for _, line := range w.eventsOf("p") {
					if strings.Contains(line, "FailedCreatePodSandBox") {
						t.Error(line)
					}
				}
			})
			inWorld(t, func(w *world) {
				w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
					if call.Method == "ContainerStart" {
						return err
					}
					return nil
				})
				w.create(oneMain)
				time.Sleep(60 * time.Second)
				w.wantEvent("p", "Warning FailedCreatePodSandBox : Failed to create pod sandbox: "+err.Error())
			})
		})
	}
}
