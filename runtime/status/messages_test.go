package status

import (
	"strings"
	"testing"
)

func TestTheContainersOfAPodShareTheRoomForMessages(t *testing.T) {
	for _, row := range []struct {
		inits, mains, ephemeral string
		want                    int
	}{
		{"", "m", "", 4096}, {"", "m n o", "", 4096}, {"i", "m n o", "", 3072}, {"i", "m n", "e f", 2457},
	} {
		c := after(1, endedWith(2, 3))
		c.Current.Message, c.Previous.Message = strings.Repeat("a", 4096), strings.Repeat("b", 4096)
		got := Generate(Input{Pod: withEphemeral(podOf(never, row.inits, row.mains), row.ephemeral), State: in(memories{"m": c}), Now: now}).ContainerStatuses[0]
		if got.State.Terminated.Message != strings.Repeat("a", row.want) || got.LastTerminationState.Terminated.Message != strings.Repeat("b", row.want) {
			t.Errorf("%+v: messages of %d and %d bytes (S10.33)", row, len(got.State.Terminated.Message), len(got.LastTerminationState.Terminated.Message))
		}
	}
}
