package runtime

import (
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheProgressOfAPull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		go func() {
			defer writer.Close()
			for _, line := range []string{
				`{"status": "Pulling from team/app", "id": "1"}`,
				`{"status": "Already exists", "id": "a"}`,
				`{"status": "Pulling fs layer", "id": "b"}
				 {"status": "Pulling fs layer", "id": "c"}`,
				`{"status": "Downloading", "progressDetail": {"current": 10, "total": 100}, "id": "b"}`,
				`{"status": "Waiting", "id": "c"}`,
				`{"status": "Verifying Checksum", "id": "b"}`,
				`{"status": "Extracting", "progressDetail": {"current": 50, "total": 100}, "id": "b"}`,
				`{"status": "Downloading", "progressDetail": {"current": 20, "total": 50}, "id": "c"}`,
				`{"status": "Pull complete", "id": "b"}`,
				`{"status": "Digest: sha256:0"}`,
			} {
				io.WriteString(writer, line)
				time.Sleep(progressInterval)
			}
		}()
		var got []PullProgress
		if err := readPull(reader, "app:1", func() {}, func(p PullProgress) { got = append(got, p) }); err != nil {
			t.Fatal(err)
		}
		want := []PullProgress{
			{Image: "app:1", Layers: 1, Present: 1, Share: 1},
			{Image: "app:1", Layers: 2, Present: 1, Share: 0.5}, // the third layer was known too soon after to be told of
			{Image: "app:1", Layers: 3, Present: 1, Bytes: 10, Total: 100, Share: 1.09 / 3},
			{Image: "app:1", Layers: 3, Present: 1, Bytes: 10, Total: 100, Share: 1.09 / 3},
			{Image: "app:1", Layers: 3, Present: 1, Bytes: 100, Total: 100, Share: 1.9 / 3},
			{Image: "app:1", Layers: 3, Present: 1, Bytes: 100, Total: 100, Share: 1.9 / 3},
			{Image: "app:1", Layers: 3, Present: 1, Bytes: 120, Total: 150, Share: 2.26 / 3},
			{Image: "app:1", Layers: 3, Present: 2, Bytes: 120, Total: 150, Share: 2.36 / 3},
			{Image: "app:1", Layers: 3, Present: 2, Bytes: 120, Total: 150, Share: 2.36 / 3},
		}
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatEndsAPull(t *testing.T) {
	for _, row := range [][2]string{
		{`{"status": "Waiting", "id": "a"}{"errorDetail": {"message": "no space left on device"}, "error": "no space left on device"}`, "no space left on device"},
		{`{"status": "Waiting", "id": "a"}{"stat`, "unexpected EOF"},
		{`{"status": "Digest: sha256:0"}`, ""},
	} {
		err := readPull(strings.NewReader(row[0]), "app:1", func() {}, func(PullProgress) {})
		if err == nil && row[1] != "" || err != nil && err.Error() != row[1] {
			t.Errorf("%s: %v", row[0], err)
		}
	}
}
