package runtime

import (
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// book is the story of one pod as far as it is known: what happened to its containers on the engine, and what was published of it. It
// judges nothing; the rules look things up in it.
type book struct {
	w         *world
	pod       *corev1.Pod // as it was created
	questions map[string]question

	boxes map[string]*box
	lives map[string]*life   // by engine id
	of    map[string][]*life // by container, oldest first; a life begins with the start
	made  map[string]int     // the highest attempt of each container that was created
	// vague are the containers whose back-off cannot be told.
	vague    map[string]bool
	streaks  map[string]int // failures in a row, by question, over all lives
	backOffs map[string]*crashBackOff
	// latest is what was published last, at the time seen; nil before.
	latest *corev1.Pod
	seen   time.Time
	hooks  map[string]hookRun // by engine id
	// hung are the commands of probes that outlive their timeout and have not been killed.
	hung []hungCommand
	// stirred is when something was last done to stop the pod since a container was started; zero if nothing was.
	stirred time.Time
	// rebuilt: the pod had more than one sandbox, or all of its containers began anew.
	rebuilt bool
}

// box is one sandbox.
type box struct {
	filled  bool
	started time.Time
	ended   time.Time       // zero while it runs
	done    map[string]bool // regular inits that ended well in it
	began   map[string]bool // containers that were started in it
}

// life is one instance from its start to its end.
type life struct {
	name, sandbox, id string
	attempt           int
	image             string // as the engine knows it
	started           time.Time
	ended             time.Time // zero while it runs
	code              int
	signalled, killed time.Time // first stop signal, and SIGKILL; zero if there was none
	removed           bool
	answered          map[purpose]answers // by probe
	asked             map[purpose]asking  // the newest command of each probe
	preStop           hookRun             // zero before it is begun
	hookFailed        bool                // of postStart
	lastBad           time.Time           // when a probe of it was last known to have failed; zero if none was
}

// answers are what a probe was told first by one instance, of each kind.
type answers struct{ good, bad answer }

// answer is what a probe was told: the attempt was begun and its outcome known. Both are zero if there was none.
type answer struct{ begun, known time.Time }

// heard reports whether a node had heard the answer by a time.
func (b *book) heard(a answer, by time.Time) bool {
	return !a.known.IsZero() && !a.known.After(by) && !slices.ContainsFunc(b.w.crashes, func(crash time.Time) bool {
		return !crash.Before(a.begun) && crash.Before(a.known)
	})
}

// asking is a command of a probe and what was known before it.
type asking struct {
	begun, due time.Time // due is when it is answered, if its container lives that long
	told       answers
	streak     int
}

// passed is the success of the instance's startup probe.
func (l *life) passed() answer { return l.answered[startupProbe].good }

func (l *life) runs() bool { return l.ended.IsZero() }

// byItself reports whether the instance ended without anybody asking it to.
func (l *life) byItself() bool { return !l.runs() && l.signalled.IsZero() && l.killed.IsZero() }

// hookRun is a hook that an instance was begun to run.
type hookRun struct {
	life  *life
	begun time.Time
	end   time.Time // far away for one that never ends by itself
	http  bool
}

// hungCommand is a command of a probe that runs for longer than its timeout.
type hungCommand struct {
	life       *life
	command    string
	begun, due time.Time // due is when the timeout is over
}

// purpose is what a command in a container, or a connection into the pod, is for.
type purpose string

const (
	startupProbe   purpose = "startup"
	readinessProbe purpose = "readiness"
	livenessProbe  purpose = "liveness"
	postStartHook  purpose = "postStart"
	preStopHook    purpose = "preStop"
)

// question is one probe or hook of a container.
type question struct {
	container *corev1.Container
	purpose   purpose
	probe     *corev1.Probe // nil for a hook
	http      bool
}

func (q question) key() string { return q.container.Name + " " + string(q.purpose) }

// questionsOf are all probes and hooks of a pod, by how they show on the engine: the container and the command, or the port. Those of
// random pods all differ.
func questionsOf(pod *corev1.Pod) map[string]question {
	all := map[string]question{}
	add := func(c *corev1.Container, p purpose, probe *corev1.Probe, exec *corev1.ExecAction, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) {
		q := question{container: c, purpose: p, probe: probe, http: http != nil}
		switch {
		case exec != nil:
			all[c.Name+" "+strings.Join(exec.Command, " ")] = q
		case http != nil:
			all[http.Port.String()] = q
		case tcp != nil:
			all[tcp.Port.String()] = q
		}
	}
	for c := range podspec.Containers(pod) {
		for purpose, probe := range map[purpose]*corev1.Probe{startupProbe: c.StartupProbe, readinessProbe: c.ReadinessProbe, livenessProbe: c.LivenessProbe} {
			if probe != nil {
				add(c, purpose, probe, probe.Exec, probe.HTTPGet, probe.TCPSocket)
			}
		}
		if c.Lifecycle == nil {
			continue
		}
		for purpose, hook := range map[purpose]*corev1.LifecycleHandler{postStartHook: c.Lifecycle.PostStart, preStopHook: c.Lifecycle.PreStop} {
			if hook != nil {
				add(c, purpose, nil, hook.Exec, hook.HTTPGet, nil)
			}
		}
	}
	return all
}

func newBook(w *world, pod *corev1.Pod) *book {
	return &book{
		w: w, pod: pod, questions: questionsOf(pod), boxes: map[string]*box{}, lives: map[string]*life{}, of: map[string][]*life{},
		made: map[string]int{}, vague: map[string]bool{}, streaks: map[string]int{}, backOffs: map[string]*crashBackOff{}, hooks: map[string]hookRun{},
	}
}

// note takes a step down, after it was judged.
func (b *book) note(s enginetest.Step) {
	switch s.Action {
	case enginetest.Filled:
		if s.Container == network.SandboxContainer && s.Detail == network.Root {
			b.box(s.ID).filled = true
		}
	case enginetest.Created:
		b.made[s.Container] = max(b.made[s.Container], s.Attempt)
	case enginetest.Started:
		b.noteStart(s)
	case enginetest.Signalled:
		b.noteSignal(s)
	case enginetest.Exited:
		b.noteExit(s)
	case enginetest.Removed:
		b.noteRemoval(s)
	case enginetest.Executed, enginetest.Dialled:
		if q, l, ok := b.asked(s); ok {
			b.noteAnswer(s, q, l)
		}
	case enginetest.ExecKilled:
		b.hung = slices.DeleteFunc(b.hung, func(h hungCommand) bool { return h.life.id == s.ID && h.command == s.Detail }) // also what a node left that crashed
	}
}

func (b *book) box(id string) *box {
	if b.boxes[id] == nil {
		b.boxes[id] = &box{done: map[string]bool{}, began: map[string]bool{}}
	}
	return b.boxes[id]
}

func (b *book) noteStart(s enginetest.Step) {
	if s.Container == network.SandboxContainer {
		b.box(s.ID).started = s.At
		b.rebuilt = b.rebuilt || s.Attempt > 0
		return
	}
	b.noteBackOff(s)
	l := &life{name: s.Container, id: s.ID, sandbox: s.Sandbox, attempt: s.Attempt, image: s.Image, started: s.At, answered: map[purpose]answers{}, asked: map[purpose]asking{}}
	b.lives[s.ID] = l
	b.of[s.Container] = append(b.of[s.Container], l)
	b.box(s.Sandbox).began[s.Container] = true
	b.stirred = time.Time{}
}

func (b *book) noteSignal(s enginetest.Step) {
	l := b.lives[s.ID]
	if l == nil {
		return
	}
	switch {
	case s.Detail == "KILL":
		l.killed = s.At
	case l.signalled.IsZero():
		l.signalled = s.At
	}
	b.stir(s.At)
}

func (b *book) stir(at time.Time) {
	if b.stirred.IsZero() {
		b.stirred = at
	}
}

func (b *book) noteExit(s enginetest.Step) {
	if s.Container == network.SandboxContainer {
		b.box(s.ID).ended = s.At
		b.stir(s.At)
		b.failRequests(s.ID)
		return
	}
	l := b.lives[s.ID]
	if l == nil {
		return
	}
	l.ended = s.At
	l.code, _ = strconv.Atoi(s.Detail) // the fake engine's own
	b.failCommands(l)
	if run, ok := b.hooks[s.ID]; ok && !run.http && run.end.After(s.At) {
		l.hookFailed = true // it went with its container
	}
	delete(b.hooks, s.ID)
	b.hung = slices.DeleteFunc(b.hung, func(h hungCommand) bool { return h.life == l })
	if s.Detail == "0" {
		b.box(l.sandbox).done[l.name] = true
	}
	c, _ := podspec.FindContainer(b.pod, l.name)
	if c != nil && asksForAll(c, l.code) {
		b.rebuilt = true
	}
}

// failCommands notes that the commands of probes failed that an instance took with it as it ended.
func (b *book) failCommands(l *life) {
	for _, q := range b.questions {
		cut, ok := l.asked[q.purpose]
		if q.container.Name != l.name || !ok || !cut.due.After(l.ended) {
			continue
		}
		told := cut.told
		if now := (answer{begun: cut.begun, known: l.ended}); !b.heard(told.bad, l.ended) {
			told.bad = now
		}
		l.answered[q.purpose] = told
		b.streaks[q.key()], l.lastBad = cut.streak+1, l.ended
	}
}

// failRequests notes that the requests of postStart hooks failed that a sandbox took with it as it ended.
func (b *book) failRequests(sandbox string) {
	for id, run := range b.hooks {
		if run.http && run.life.sandbox == sandbox && run.end.After(b.box(sandbox).ended) {
			run.life.hookFailed = true
			delete(b.hooks, id)
		}
	}
}

func (b *book) noteRemoval(s enginetest.Step) {
	l := b.lives[s.ID]
	if l == nil {
		return
	}
	l.removed = true
	if l == b.newest(l.name) { // what it did counts no longer
		delete(b.box(l.sandbox).done, l.name)
		delete(b.box(l.sandbox).began, l.name)
	}
}

// restartsAll reports whether a container has asked for all of them to begin anew, and still has the instance that did.
func (b *book) restartsAll() bool {
	for c := range podspec.Containers(b.pod) {
		if l := b.newest(c.Name); l != nil && !l.runs() && !l.removed && asksForAll(c, l.code) {
			return true
		}
	}
	return false
}

// newest is the newest instance of a container that was started; nil if there is none.
func (b *book) newest(container string) *life {
	if all := b.of[container]; len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// newestOfEach are the newest instances of all containers that were started.
func (b *book) newestOfEach() []*life {
	var lives []*life
	for _, all := range b.of {
		lives = append(lives, all[len(all)-1])
	}
	return lives
}

// alive are the instances that run.
func (b *book) alive() []*life {
	var alive []*life
	for _, all := range b.of {
		for _, l := range all[max(0, len(all)-2):] { // rules see to it that no older ones do
			if l.runs() {
				alive = append(alive, l)
			}
		}
	}
	return alive
}

// asked tells which probe or hook a step is about, and of which instance.
func (b *book) asked(s enginetest.Step) (question, *life, bool) {
	what, _ := cutLast(s.Detail, ": ")
	if s.Action == enginetest.Dialled {
		port, _, _ := strings.Cut(what, "/")
		q, ok := b.questions[port]
		if !ok {
			return q, nil, false
		}
		l := b.newest(q.container.Name)
		return q, l, l != nil
	}
	q, ok := b.questions[s.Container+" "+what]
	l := b.lives[s.ID]
	return q, l, ok && l != nil
}

// cutLast cuts around the last separator.
func cutLast(s, separator string) (before, after string) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(separator):]
}

// never is later than any test lasts.
const never = 1000 * time.Hour

// outcome is what the answer of a step means to who asked, and when it is known. An attempt that could not run counts neither way
// (S6.10).
func outcome(s enginetest.Step, q question) (good, bad bool, known time.Time) {
	_, answer := cutLast(s.Detail, ": ")
	takes := s.Takes
	if takes == enginetest.Forever {
		takes = never
	}
	if q.probe != nil {
		if timeout := time.Duration(q.probe.TimeoutSeconds) * time.Second; takes >= timeout {
			return false, true, s.At.Add(timeout) // also when both come at once: then either may be heard
		}
	}
	known = s.At.Add(takes)
	switch answer {
	case "error":
		return false, q.probe == nil, known
	case "0":
		return true, false, known
	case "accepted":
		return !q.http, false, known
	case "refused":
		return false, true, known
	}
	code, err := strconv.Atoi(answer)
	if s.Action == enginetest.Executed || err != nil {
		return false, true, known
	}
	ok := q.probe == nil || code >= 200 && code < 400 // S6.31, S7.10
	return ok, !ok, known
}

func (b *book) noteAnswer(s enginetest.Step, q question, l *life) {
	good, bad, known := outcome(s, q)
	if q.http && strings.HasSuffix(s.Detail, ": accepted") {
		return // the request comes next
	}
	switch q.purpose {
	case postStartHook:
		b.hooks[l.id] = hookRun{life: l, begun: s.At, end: known, http: q.http}
		l.hookFailed = bad
		return
	case preStopHook:
		if l.preStop.begun.IsZero() {
			l.preStop = hookRun{life: l, begun: s.At, end: known}
		}
		b.stir(s.At)
		return
	}
	timeout := time.Duration(q.probe.TimeoutSeconds) * time.Second
	hangs := s.Action == enginetest.Executed && (s.Takes > timeout || s.Takes == enginetest.Forever)
	if hangs && l.runs() { // else its container ended as it was begun
		command, _ := cutLast(s.Detail, ": ")
		b.hung = append(b.hung, hungCommand{life: l, command: command, begun: s.At, due: s.At.Add(timeout)})
	}
	now := answer{begun: s.At, known: known}
	if s.Action == enginetest.Executed {
		l.asked[q.purpose] = asking{begun: s.At, due: known, told: l.answered[q.purpose], streak: b.streaks[q.key()]}
	}
	switch {
	case good && l.runs():
		b.streaks[q.key()] = 0
	case good, bad: // a command may also be heard to fail because its container has just ended
		b.streaks[q.key()]++
	}
	b.tell(l, q.purpose, good, bad, now)
	if shown := b.shown(l.name); shown != nil && s.Action == enginetest.Dialled {
		b.tell(shown, q.purpose, good, bad, now) // it may be that one which was asked after
	}
}

// tell notes what a probe was told first.
func (b *book) tell(l *life, p purpose, good, bad bool, now answer) {
	if bad {
		l.lastBad = now.known
	}
	told := l.answered[p]
	switch {
	case good && !b.heard(told.good, now.begun):
		told.good = now
	case bad && !b.heard(told.bad, now.begun):
		told.bad = now
	}
	l.answered[p] = told
}

// shown is the instance of a container that the published status is about; nil if there is none.
func (b *book) shown(container string) *life {
	if b.latest == nil {
		return nil
	}
	c := status.Container(b.latest, container)
	if c == nil {
		return nil
	}
	return b.lives[instanceID(c.ContainerID)]
}

// couldNotStart reports whether the engine may have refused to start the container's newest instance, for a trouble of its own or because
// the sandbox was lost: that counts as an end (S3.53).
func (b *book) couldNotStart(container string) bool {
	l := b.newest(container)
	return (b.w.trouble > 0 || b.rebuilt) && (l == nil || b.made[container] > l.attempt)
}

// postStartFailed reports whether the instance's postStart hook failed under a node that still lives.
func (b *book) postStartFailed(l *life) bool { return l.hookFailed && !b.crashedSince(l.started) }

// busyWithHook is a postStart hook that still ran at a time; everything else in the pod waits for it (S7.2).
func (b *book) busyWithHook(at time.Time) *life {
	for _, run := range b.hooks {
		if run.life.runs() && at.Before(run.end) && !b.crashedSince(run.begun) {
			return run.life
		}
	}
	return nil
}

// crashedSince reports whether a node crashed at the time or later.
func (b *book) crashedSince(t time.Time) bool {
	return slices.ContainsFunc(b.w.crashes, func(crash time.Time) bool { return !crash.Before(t) })
}

// asksForAll reports whether an exit code makes all containers of the pod begin anew (S4.60).
func asksForAll(c *corev1.Container, code int) bool {
	rule := ruleFor(c, code)
	return rule != nil && rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers
}

// ruleFor is the first of a container's rules that is about the exit code (S4.40).
func ruleFor(c *corev1.Container, code int) *corev1.ContainerRestartRule {
	for i, rule := range c.RestartPolicyRules {
		in := slices.Contains(rule.ExitCodes.Values, int32(code))
		if in == (rule.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn) {
			return &c.RestartPolicyRules[i]
		}
	}
	return nil
}

// mayRunAgain reports whether a container that ended by itself with the code may be started again (S3.9, S4.14, S4.18).
func mayRunAgain(pod *corev1.Pod, c *corev1.Container, code int) bool {
	switch policy := policyOf(pod, c); {
	case ruleFor(c, code) != nil, policy == corev1.RestartPolicyAlways:
		return true
	case policy == corev1.RestartPolicyNever:
		return false
	default:
		return code != 0
	}
}

// policyOf is the container's restart policy, or else the pod's (S4.40).
func policyOf(pod *corev1.Pod, c *corev1.Container) corev1.RestartPolicy {
	if c.RestartPolicy != nil {
		return corev1.RestartPolicy(*c.RestartPolicy)
	}
	return pod.Spec.RestartPolicy
}
