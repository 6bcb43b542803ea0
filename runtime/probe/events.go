package probe

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Note is the event of one tick; it belongs to the probed container (S6F).
type Note struct {
	Type    string // Normal or Warning
	Reason  string
	Message string
}

// noteOf is the event of a tick, or false for a success, which has none. Failures are told below the threshold too (S6.63).
func noteOf(kind Kind, outcome Outcome, err error) (Note, bool) {
	switch {
	case err != nil:
		return warning("Unhealthy", "%s probe errored and resulted in unknown state: %s", kind, err)
	case outcome.Answer == Failure:
		return warning("Unhealthy", "%s probe failed: %s", kind, outcome.Output)
	case outcome.Answer == Warning:
		return warning("ProbeWarning", "%s probe warning: %s", kind, outcome.Output)
	default:
		return Note{}, false
	}
}

// warning puts together an event of S6.60 or S6.61.
func warning(reason, format string, kind Kind, detail any) (Note, bool) {
	return Note{Type: corev1.EventTypeWarning, Reason: reason, Message: fmt.Sprintf(format, kind, detail)}, true
}
