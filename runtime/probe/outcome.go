package probe

// Kind of a probe.
type Kind int

// The kinds of probes.
const (
	Startup Kind = iota
	Readiness
	Liveness
)

// String is the kind as events name it.
func (k Kind) String() string {
	switch k {
	case Startup:
		return "Startup"
	case Readiness:
		return "Readiness"
	default:
		return "Liveness"
	}
}

// Answer is what one attempt came to.
type Answer int

// The answers. A warning counts as success and is told in an event (S6.32).
const (
	Failure Answer = iota
	Warning
	Success
)

// Outcome is one attempt that ran: its answer and what the probed side had to say, at most 10 KiB. An attempt that did not run is an
// error instead, and counts neither way (S6.10).
type Outcome struct {
	Answer Answer
	Output string
}

// MaxOutput is how much of a probe's output is kept, in bytes (S6.21, S6.33).
const MaxOutput = 10 << 10
