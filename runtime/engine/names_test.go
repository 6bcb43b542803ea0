package engine

import (
	"testing"

	"github.com/podsim/podsim/network"
)

func TestContainerNamesAreDockershims(t *testing.T) {
	if got, want := ContainerName("c", "p", "ns", "u", 3), "k8s_c_p_ns_u_3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAttempt(t *testing.T) {
	for _, row := range []struct {
		name   string
		labels map[string]string
		want   int
	}{
		{"is read from the label", map[string]string{network.LabelRestartCount: "7"}, 7},
		{"is 0 without the label", nil, 0},
		{"is 0 when the label is broken", map[string]string{network.LabelRestartCount: "seven"}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Attempt(row.labels); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

func TestFactsTellWhatTheMachineHasToGive(t *testing.T) {
	list := Facts{Memory: 3 << 30, CPUs: 2}.Allocatable()
	if list.Cpu().String() != "2" || list.Memory().String() != "3Gi" {
		t.Errorf("got %v (S9.21)", list)
	}
}
