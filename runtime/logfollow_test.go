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

// brokenLog is an engine with one log, whose followed stream lacks the last records. Of the log it has dropped the first records when it
// is read again.
type brokenLog struct {
	engine.Engine
	records       []string // "<stream> <seconds> <text>"
	lost, dropped int
	asked         []dockercontainer.LogsOptions
}

// stampOf is a time as the engine writes it.
func stampOf(seconds string) string { return "2026-03-01T12:00:" + seconds + "0000000Z" }

func (b *brokenLog) ContainerLogs(_ context.Context, _ string, options dockercontainer.LogsOptions) (io.ReadCloser, error) {
	b.asked = append(b.asked, options)
	if !options.Timestamps {
		return nil, errors.New("the times are needed")
	}
	records := b.records
	if options.Follow {
		records = records[:len(records)-b.lost]
	} else {
		records = records[b.dropped:]
	}
	var out bytes.Buffer
	for _, r := range records {
		seconds, text, _ := strings.Cut(r[2:], " ")
		at, err := time.Parse(time.RFC3339Nano, stampOf(seconds))
		if since, none := time.Parse(time.RFC3339Nano, options.Since); err != nil || none == nil && at.Before(since) {
			continue
		}
		text = stampOf(seconds) + " " + text
		header := [8]byte{r[0] - '0'}
		binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
		out.Write(header[:])
		out.WriteString(text)
	}
	return io.NopCloser(&out), nil
}

func TestAFollowedLogIsWholeWhateverTheStreamLost(t *testing.T) {
	for _, log := range []struct {
		name          string
		records       []string
		plain, stamps string
		dropped       int
	}{
		{"several records of one time", []string{"1 01.00 one\n", "2 01.00 two\n", "1 02.00 three\r\n", "1 02.00 four\n", "1 03.00 fi", "1 04.00 ve"},
			"one\ntwo\nthree\nfour\nfive", "T01.00 one\nT01.00 two\nT02.00 three\nT02.00 four\nT03.00 five", 0},
		{"streams whose records are not in the order of their times", []string{"1 01.02 out\n", "2 01.01 err\n", "1 01.04 out\n", "2 01.03 err\n"},
			"out\nerr\nout\nerr\n", "T01.02 out\nT01.01 err\nT01.04 out\nT01.03 err\n", 0},
		{"the engine drops the beginning", []string{"1 01.00 a\n", "1 01.50 b\n", "1 02.00 c\n", "1 02.50 d\n"},
			"a\nb\nc\nd\n", "T01.00 a\nT01.50 b\nT02.00 c\nT02.50 d\n", 1},
	} {
		for lost := range len(log.records) + 1 - log.dropped {
			for stamps, want := range map[bool]string{false: log.plain, true: log.stamps} {
				e := &brokenLog{records: log.records, lost: lost}
				if lost < len(log.records)-log.dropped {
					e.dropped = log.dropped
				}
				var got strings.Builder
				if err := followLog(t.Context(), e, "id", dockercontainer.LogsOptions{Follow: true, Timestamps: stamps, Tail: "all"}, &got); err != nil {
					t.Fatal(err)
				}
				text := strings.NewReplacer("2026-03-01T12:00:", "T", "0000000Z", "").Replace(got.String())
				if text != want {
					t.Errorf("%s: %d records lost, times %v: got %q, want %q", log.name, lost, stamps, text, want)
				}
			}
		}
	}
}

// What was before the lines that a client asked for stays out, also when the end is read again.
func TestTheTailOfAFollowedLogStaysATail(t *testing.T) {
	e := &brokenLog{records: []string{"1 01.03 c\n", "1 01.04 d\n"}, lost: 1}
	early := []string{"1 01.01 a\n", "1 01.02 b\n"}
	var got strings.Builder
	tailed := &tailedLog{brokenLog: e, before: early}
	if err := followLog(t.Context(), tailed, "id", dockercontainer.LogsOptions{Follow: true, Tail: "2"}, &got); err != nil {
		t.Fatal(err)
	}
	if got.String() != "c\nd\n" {
		t.Errorf("got %q", got.String())
	}
}

// tailedLog is a brokenLog that has more records when all are asked for.
type tailedLog struct {
	*brokenLog
	before []string
}

func (l *tailedLog) ContainerLogs(ctx context.Context, id string, options dockercontainer.LogsOptions) (io.ReadCloser, error) {
	if options.Tail == "all" {
		l.records = append(l.before, l.records...)
	}
	return l.brokenLog.ContainerLogs(ctx, id, options)
}

func TestLineEndsAreThoseOfANode(t *testing.T) {
	for _, writes := range []string{"a\r\nb\n", "a\r|\nb\n", "a|\r|\n|b\n", "a\r||\nb\n"} {
		var got strings.Builder
		l := &lineEnds{to: &got}
		for _, p := range strings.Split(writes, "|") {
			if n, err := l.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got.String() != "a\nb\n" {
			t.Errorf("%q becomes %q (S10.41)", writes, got.String())
		}
	}
	var got strings.Builder
	l := &lineEnds{to: &got}
	for _, p := range []string{"10%\r", "20%\r", "\r\n"} {
		if _, err := l.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if got.String() != "10%\r20%\r\n" {
		t.Errorf("a line that is written over becomes %q", got.String())
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
