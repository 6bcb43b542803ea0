// Package resume goes on with a log where its reading broke off. A log is read again from a moment shortly before its newest entry, and
// what was read already is told by the times of the entries: their number of bytes says nothing once an engine has dropped the
// beginning of the log, and their order may differ from that of their times, as two streams are written to one log.
package resume

import "time"

// window is by how much the times of two entries may be out of order.
const window = time.Second

// Position is how far a log was read. The zero value is its beginning.
type Position struct {
	// Late: the reading did not begin at the log's beginning, and what is older than its first entry stays out.
	Late bool

	// times are those of the newest entries, in nanoseconds, in the order in which they were read; newest is the latest, and first that
	// of the entry with which the reading began.
	times         []int64
	first, newest int64
}

// Add counts an entry as read.
func (p *Position) Add(at time.Time) {
	t := at.UnixNano()
	if len(p.times) == 0 {
		p.first = t
	}
	p.times = append(p.times, t)
	p.newest = max(p.newest, t)
	if n := len(p.times); n == cap(p.times) { // before it grows
		p.prune()
	}
}

// prune forgets the entries before the window.
func (p *Position) prune() {
	kept := p.times[:0]
	for _, t := range p.times {
		if t >= p.newest-int64(window) {
			kept = append(kept, t)
		}
	}
	p.times = kept
}

// Since is from when the log is to be read again; the zero time is from its beginning.
func (p *Position) Since() time.Time {
	if len(p.times) == 0 {
		return time.Time{}
	}
	since := p.newest - int64(window)
	if p.Late {
		since = max(since, p.first)
	}
	return time.Unix(0, since)
}

// Again returns what tells, while the log is read again, which entries were read before.
func (p *Position) Again() *Replay {
	r := &Replay{since: p.Since(), left: map[int64]int{}}
	for _, t := range p.times {
		r.left[t]++
	}
	return r
}

// Replay is a log that is read again.
type Replay struct {
	since time.Time
	left  map[int64]int // how many entries of a time are still to come that were read before
}

// Seen reports whether the next entry, which has the given time, was read before, and whether it was the last one of that time.
func (r *Replay) Seen(at time.Time) (seen, last bool) {
	t := at.UnixNano()
	switch left := r.left[t]; {
	case left > 0:
		r.left[t] = left - 1
		return true, left == 1
	default:
		return at.Before(r.since), false
	}
}
