package runtime

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"

	"github.com/podsim/podsim/runtime/engine"
)

// brokenLog is an engine with one log, whose followed stream lacks the last records.
type brokenLog struct {
	engine.Engine
	records []string // "<stream> <time> <text>"
	lost    int
	asked   []dockercontainer.LogsOptions
}

func (b *brokenLog) ContainerLogs(_ context.Context, _ string, options dockercontainer.LogsOptions) (io.ReadCloser, error) {
	b.asked = append(b.asked, options)
	if !options.Timestamps {
		return nil, errors.New("the times are needed")
	}
	records := b.records
	if options.Follow {
		records = records[:len(records)-b.lost]
	}
	var out bytes.Buffer
	for _, r := range records {
		stamp, _, _ := strings.Cut(r[2:], " ")
		if stamp < options.Since {
			continue
		}
		header := [8]byte{r[0] - '0'}
		binary.BigEndian.PutUint32(header[4:], uint32(len(r)-2))
		out.Write(header[:])
		out.WriteString(r[2:])
	}
	return io.NopCloser(&out), nil
}

func TestAFollowedLogIsWholeWhateverTheStreamLost(t *testing.T) {
	records := []string{"1 T1 one\n", "2 T1 two\n", "1 T2 three\n", "1 T2 four\n", "1 T3 fi", "2 T3 err\n", "1 T4 ve"}
	for lost := range len(records) + 1 {
		for _, row := range []struct {
			stamps bool
			want   string
		}{
			{false, "one\ntwo\nthree\nfour\nfierr\nve"},
			{true, "T1 one\nT1 two\nT2 three\nT2 four\nT3 fiT3 err\nve"},
		} {
			e := &brokenLog{records: records, lost: lost}
			var got strings.Builder
			if err := followLog(t.Context(), e, "id", dockercontainer.LogsOptions{Follow: true, Timestamps: row.stamps, Tail: "all"}, &got); err != nil {
				t.Fatal(err)
			}
			if got.String() != row.want {
				t.Errorf("%d records lost, times %v: got %q", lost, row.stamps, got.String())
			}
		}
	}
}

func TestARemovalWaitsForThoseWhoReadTheLogs(t *testing.T) {
	for _, row := range []struct {
		name        string
		reads, want time.Duration
	}{
		{"until they are done", time.Second, time.Second},
		{"but not for ever", time.Hour, logPatience},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				readers := newLogReaders()
				timer := time.AfterFunc(row.reads, readers.begin("u"))
				defer timer.Stop()
				begun := time.Now()
				readers.wait(t.Context(), "another")
				if took := time.Since(begun); took != 0 {
					t.Errorf("it waited %v for the readers of another pod", took)
				}
				readers.wait(t.Context(), "u")
				if took := time.Since(begun); took != row.want {
					t.Errorf("it waited %v, want %v", took, row.want)
				}
			})
		})
	}
}
