package runtime

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/build"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// nameless is an engine that lists its containers without their names.
type nameless struct{ engine.Engine }

func (e nameless) ContainerList(ctx context.Context, options dockercontainer.ListOptions) ([]dockercontainer.Summary, error) {
	list, err := e.Engine.ContainerList(ctx, options)
	for i := range list {
		list[i].Names = nil
	}
	return list, err
}

func TestAContainerWithoutANameIsPruned(t *testing.T) {
	inWorld(t, func(w *world) {
		labels := map[string]string{network.LabelManaged: "true", network.LabelType: network.TypeContainer, network.LabelPodUID: "gone"}
		made, err := w.client.ContainerCreate(w.Context(), &dockercontainer.Config{Image: "busybox:1.36", Labels: labels},
			&dockercontainer.HostConfig{}, nil, nil, "left")
		if err != nil {
			t.Fatal(err)
		}
		removed, err := Prune(w.Context(), nameless{w.client}, PruneOptions{})
		if err != nil || !slices.Equal(removed, []string{"container " + made.ID}) {
			t.Errorf("removed %q, %v", removed, err)
		}
		w.wantNothingLeft()
	})
}

func TestImagesThatWereBuiltForPodsThatAreGoneArePruned(t *testing.T) {
	inWorld(t, func(w *world) {
		built := func(id, ref, label string) {
			w.machine.AddImage(ref, enginetest.Image{ID: id, Labels: map[string]string{build.Label: label}})
		}
		built("1", "podsim.local/default/gone/main:1", "default/gone/main")
		built("2", "podsim.local/default/p/main:2", "default/p/main") // p may still ask for it
		built("3", "mine:3", "default/gone/main")                     // was made from such an image
		w.create(oneMain)
		w.awaitPhase("p", corev1.PodRunning)
		removed, err := Prune(w.Context(), w.client, PruneOptions{})
		if err != nil || !slices.Equal(removed, []string{"image podsim.local/default/gone/main:1"}) {
			t.Errorf("removed %q, %v", removed, err)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		removed, err = Prune(w.Context(), w.client, PruneOptions{})
		if err != nil || !slices.Equal(removed, []string{"image podsim.local/default/p/main:2"}) {
			t.Errorf("removed %q, %v", removed, err)
		}
	})
}

func TestWhatServesServicesIsPrunedWithItsPodsOnly(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.createService("web")
		w.startPod()
		other := w.pod("p").DeepCopy()
		other.Namespace = "other"
		if _, err := w.node.CreatePod(w.Context(), other); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		serving := func() int { return len(w.running(network.TypeProxy)) + len(w.running(network.TypeRouter)) }
		if removed, err := Prune(w.Context(), w.client, PruneOptions{}); err != nil || len(removed) > 0 || serving() != 3 {
			t.Errorf("of living pods %q were removed, %d are left, %v", removed, serving(), err)
		}
		w.crash()
		for _, sandbox := range w.running(network.TypeSandbox) {
			if err := w.machine.Remove(sandbox); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Prune(w.Context(), w.machine.Connect(), PruneOptions{}); err != nil || serving() > 0 {
			t.Errorf("of pods that are gone %d are left, %v", serving(), err)
		}
		w.boot()
		w.wantNothingLeft()
	})
}

func TestPruningDoesNotHangWithTheEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		_, err := Prune(w.Context(), hanging(w, "NetworkList"), PruneOptions{})
		if err == nil || !strings.Contains(err.Error(), "listing podsim's networks: the engine did not answer within 30s") {
			t.Errorf("error: %v", err)
		}
	})
}
