package runtime

import (
	"context"
	"slices"
	"strings"
	"testing"

	dockercontainer "github.com/docker/docker/api/types/container"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine"
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

func TestPruningDoesNotHangWithTheEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		_, err := Prune(w.Context(), hanging(w, "NetworkList"), PruneOptions{})
		if err == nil || !strings.Contains(err.Error(), "listing podsim's networks: the engine did not answer within 30s") {
			t.Errorf("error: %v", err)
		}
	})
}
