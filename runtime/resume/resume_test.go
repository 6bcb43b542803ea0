package resume

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a time in milliseconds after the start.
func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func TestALogGoesOnWhereItsReadingBrokeOff(t *testing.T) {
	for _, row := range []struct {
		name       string
		read, log  []int // times of entries in milliseconds: those read, and those that there are at the second reading
		want       []int // the times of those that count as new
		sinceAfter int
	}{
		{"nothing was read", nil, []int{1, 2}, []int{1, 2}, 0},
		{"nothing is new", []int{1, 2}, []int{1, 2}, nil, -998},
		{"some of one time", []int{1, 2, 2}, []int{1, 2, 2, 2, 3}, []int{2, 3}, -998},
		{"out of order", []int{5, 4}, []int{5, 4, 6}, []int{6}, -995},
		{"out of order, and more of one time", []int{5, 4, 5}, []int{5, 4, 5, 4, 5}, []int{4, 5}, -995},
		{"the beginning was dropped", []int{1, 2, 3, 4}, []int{3, 4, 5}, []int{5}, -996},
		{"all that was read was dropped", []int{1, 2}, []int{7, 8}, []int{7, 8}, -998},
		{"what is older than the window was read", []int{1, 5000}, []int{1, 2, 3999, 5000, 5001}, []int{5001}, 4000},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p Position
			for _, ms := range row.read {
				p.Add(at(ms))
			}
			if since := p.Since(); len(row.read) > 0 && !since.Equal(at(row.sinceAfter)) || len(row.read) == 0 && !since.IsZero() {
				t.Errorf("it is read again since %v", since)
			}
			again := p.Again()
			var got []int
			for _, ms := range row.log {
				if seen, _ := again.Seen(at(ms)); !seen {
					got = append(got, ms)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestWhatIsOlderThanALateBeginningStaysOut(t *testing.T) {
	p := Position{Late: true}
	p.Add(at(3))
	p.Add(at(4))
	if since := p.Since(); !since.Equal(at(3)) {
		t.Errorf("it is read again since %v", since)
	}
	again := p.Again()
	for ms, want := range []bool{true, true, true, true, true, false} {
		if seen, _ := again.Seen(at(ms)); seen != want {
			t.Errorf("the entry at %d: seen is %v", ms, seen)
		}
	}
}

func TestTheLastEntryOfATimeIsTold(t *testing.T) {
	var p Position
	p.Add(at(1))
	p.Add(at(1))
	again := p.Again()
	var got []string
	for range 3 {
		seen, last := again.Seen(at(1))
		got = append(got, fmt.Sprint(seen, last))
	}
	if want := []string{"true false", "true true", "false false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Only the newest second of a log is remembered, however long it is.
func TestALongLogTakesLittleMemory(t *testing.T) {
	var p Position
	for i := range 1_000_000 {
		p.Add(at(i))
	}
	if len(p.times) > 4096 {
		t.Errorf("%d times are remembered", len(p.times))
	}
	again := p.Again()
	if seen, _ := again.Seen(at(999_500)); !seen {
		t.Error("an entry half a second before the newest is taken for new")
	}
}
