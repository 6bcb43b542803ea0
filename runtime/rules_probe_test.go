package runtime

import (
	"fmt"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// isAskedInTime: probes and hooks run when their time has come.
func (b *book) isAskedInTime(s enginetest.Step, q question, l *life) string {
	switch q.purpose {
	case postStartHook:
		return b.beginsOnce(l)
	case preStopHook:
		return b.endsOnce(s, l)
	}
	if s.Action == enginetest.Dialled && b.shown(l.name) != l {
		return "" // what is asked is another instance, which the status still shows
	}
	switch run, ok := b.hooks[l.id]; {
	case ok && s.At.Before(run.end) && b.busyWithHook(s.At) == l && !b.forcedBy(s.At):
		return "its postStart hook still runs (S7.4)"
	case s.At.Sub(l.started) < time.Duration(q.probe.InitialDelaySeconds)*time.Second-time.Second: // a status tells whole seconds
		return fmt.Sprintf("only %v after its start, its initial delay is %d s (S6.2)", s.At.Sub(l.started), q.probe.InitialDelaySeconds)
	case q.purpose != startupProbe && q.container.StartupProbe != nil && !b.heard(l.passed(), s.At):
		return "it has not passed its startup probe (S6.5)"
	case q.purpose == startupProbe && b.heard(l.passed(), s.At.Add(-1)) && !b.crashedSince(l.passed().known) && b.w.trouble == 0:
		return "it has passed its startup probe (S6.5)"
	default:
		return ""
	}
}

// followsKilledCommands: the commands of probes are killed when their timeout is over (S6.22).
func (b *book) followsKilledCommands(s enginetest.Step) string {
	if b.w.trouble > 0 {
		return ""
	}
	for _, h := range b.hung {
		if s.At.After(h.due) && !b.crashedSince(h.begun) {
			return fmt.Sprintf("the command %q of %s %d runs although its timeout was over at %v (S6.22)", h.command, h.life.name, h.life.attempt, h.due.Sub(b.w.begun))
		}
	}
	return ""
}

func (b *book) beginsOnce(l *life) string {
	if _, again := b.hooks[l.id]; again {
		return "its postStart hook ran before (S7.2)"
	}
	return ""
}

func (b *book) endsOnce(s enginetest.Step, l *life) string {
	switch {
	case !l.signalled.IsZero() && !b.crashedSince(l.signalled) && b.w.trouble == 0:
		return "it had its stop signal before (S7.8)"
	case !l.preStop.begun.IsZero() && !b.crashedSince(l.preStop.begun) && b.w.trouble == 0:
		return "it ran before (S7.6)"
	case b.restartsAll() && !b.deletedBy(s.At) && !b.overdue(s.At) && !b.lostSandbox(l) && !b.condemned(l):
		return "all containers begin anew, without hooks (S4.61)"
	default:
		return ""
	}
}
