package podtest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/pause"
)

// SeedVariable names the environment variable with the seed of the random moments of Explore and Find, an integer; each run has another
// one if it is not set. Such a moment has the seed in its name, and is there again only in a run with that seed.
const SeedVariable = "PODSIM_SEED"

// Scenario is what Explore and Find run again and again.
type Scenario struct {
	// Pod brings the pod up, as the options of Up.
	Pod []Option
	// Kill is the container that is killed, one that the pod begins with.
	Kill string
	// Run goes with the pod to the end of what it has to do, such as with WaitReady and WaitFor; what fails in it counts as the check's
	// failure. nil waits until the pod has ended.
	Run func(*Pod)
	// Check says what is wrong with what the pod has done, after Run; nil if nothing is. It is the question that the scenario asks: is any
	// line lost or doubled?
	Check func(*Pod) error
	// Random is at how many random moments the container is killed, beside those at which something happens to the pod.
	Random int
}

// Finding is a moment at which the container must not be killed.
type Finding struct {
	// At names the moment, such as "app ready" or "random 1 of seed 42".
	At string
	// Err is what the scenario's check said.
	Err error
	// Timeline is what happened to the pod then.
	Timeline string
}

func (f Finding) String() string {
	return fmt.Sprintf("killed at %q: %v\n%s", f.At, f.Err, f.Timeline)
}

// Explore runs the scenario once as it is, to learn what happens to the pod while the container runs, and then once more for each such
// event, with the container killed by SIGKILL at that moment, and for random moments. Each is a subtest, which fails if the scenario's
// check does; its name replays it, that of a random moment together with its seed:
//
//	go test -run 'TestTheShipperLosesNothing/app_ready$'
//	PODSIM_SEED=42 go test -run 'TestTheShipperLosesNothing/random_1_of_seed_42$'
//
// Moments are named after what happens, and so are found again in each run, however long that takes: app_ready_2 is when the app is ready
// for the second time. A random moment is a share of the time from the container's first start to the pod's end.
//
// A moment may fail to come, such as when the pod does without the event that time. Its subtest is skipped then and says so, and if the
// container was killed in none of the subtests, the test fails: it has shown nothing.
func Explore(t *testing.T, s Scenario) {
	t.Helper()
	moments := s.learn(t)
	outcomes := make([]*outcome, len(moments)) // nil for those that -run leaves out
	t.Cleanup(func() {                         // the subtests are over
		if err := s.killedAny(outcomes); err != nil {
			t.Errorf("podtest: %v", err)
		}
	})
	for i, at := range moments {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			came := s.killedAt(t, at)
			outcomes[i] = &came
			switch {
			case came.finding != nil:
				t.Errorf("podtest: container %s %s", s.Kill, came.finding)
			case came.unkilled != "":
				t.Skipf("podtest: container %s was not killed: %s", s.Kill, came.unkilled)
			}
		})
	}
}

// atATime is how many pods Find has at a time.
const atATime = 4

// Find is Explore for who wants to know of the findings and not to fail: it returns the moments at which the container must not be killed,
// in the order in which they come. A scenario that fails as it is fails the test, and so does one in which the container was never killed.
func Find(t TB, s Scenario) []Finding {
	t.Helper()
	moments := s.learn(t)
	outcomes := make([]*outcome, len(moments))
	panics := make([]*panicked, len(moments))
	free := make(chan struct{}, atATime)
	var trials sync.WaitGroup
	for i, at := range moments {
		trials.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			panics[i] = apart(func() {
				came := s.killedAt(t, at)
				outcomes[i] = &came
			})
		})
	}
	trials.Wait()
	if first := cmp.Or(panics...); first != nil {
		panic(first)
	}
	if err := s.killedAny(outcomes); err != nil {
		t.Fatalf("podtest: %v", err)
	}
	var findings []Finding
	for _, o := range outcomes {
		if o.finding != nil {
			findings = append(findings, *o.finding)
		}
		if o.unkilled != "" {
			t.Logf("podtest: at %q container %s was not killed: %s", o.at, s.Kill, o.unkilled)
		}
	}
	return findings
}

// learn runs the scenario as it is and returns the moments to kill the container at. A scenario that fails already fails the test.
func (s Scenario) learn(t TB) []instant {
	t.Helper()
	seed, err := seedFromEnvironment()
	if err != nil {
		t.Fatalf("podtest: %v", err)
	}
	learned := s.try(t, "as it is", nil)
	switch {
	case learned.skipped != "":
		t.Skipf("%s", learned.skipped)
	case learned.err != nil:
		t.Fatalf("podtest: the scenario fails without anything being killed: %v\n%s", learned.err, timeline(learned.moments))
	}
	instants := instantsOf(learned.moments, s.Kill)
	if len(instants) == 0 {
		t.Fatalf("podtest: container %s never runs:\n%s", s.Kill, timeline(learned.moments))
	}
	if s.Random > 0 {
		instants = append(instants, randomInstants(learned.moments, s.Kill, s.Random, seed)...)
	}
	return instants
}

func seedFromEnvironment() (uint64, error) {
	text := os.Getenv(SeedVariable)
	if text == "" {
		return rand.Uint64N(1 << 32), nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%q is no seed: it is an integer", SeedVariable, text)
	}
	return seed, nil
}

// outcome is what came of killing the container at a moment.
type outcome struct {
	at      instant
	finding *Finding // nil if the check found nothing
	// unkilled says why the container was not killed; "" if it was.
	unkilled string
}

// killedAt runs the scenario with the container killed at a moment.
func (s Scenario) killedAt(t TB, at instant) outcome {
	t.Helper()
	tried := s.try(t, at.String(), &at)
	came := outcome{at: at, unkilled: cmp.Or(tried.skipped, tried.unkilled)}
	err := tried.err
	if err != nil && came.unkilled != "" {
		err = fmt.Errorf("%w (and that although the container was not killed: %s)", err, came.unkilled)
	}
	if err != nil {
		came.finding = &Finding{At: at.String(), Err: err, Timeline: timeline(tried.moments)}
	}
	return came
}

// killedAny is an error if there were trials, and the container was killed in none of them.
func (s Scenario) killedAny(outcomes []*outcome) error {
	var reasons []string
	for _, o := range outcomes {
		switch {
		case o == nil:
		case o.unkilled == "":
			return nil
		default:
			reasons = append(reasons, fmt.Sprintf("at %q: %s", o.at, o.unkilled))
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return fmt.Errorf("container %s was never killed, so nothing is known of what happens then:\n%s", s.Kill, strings.Join(reasons, "\n"))
}

// tried is what came of a run of a scenario.
type tried struct {
	err     error
	skipped string
	// unkilled says why the container was not killed, if it was to be.
	unkilled string
	moments  []moment
}

// try runs the scenario once, with the container killed at a moment unless that is nil, in a namespace of its own, of which nothing is left.
func (s Scenario) try(t TB, name string, at *instant) (result tried) {
	own := newRehearsal(t, name)
	own.run(func() {
		if at != nil {
			result.unkilled = "its pod did not come up"
		}
		pod := up(own, s.Pod, s.check)[0]
		if pod.space.node == nil {
			own.Skipf("podtest: skipped: %v", &NeedsEngineError{What: "Explore"})
		}
		killing := func() string { return "" }
		if at != nil {
			killing = s.killer(own, pod, *at)
		}
		defer func() { // Run may end the goroutine
			result.unkilled, result.moments = killing(), pod.history.past()
		}()
		if s.Run != nil {
			s.Run(pod)
		} else {
			pod.WaitFor(Ended)
		}
		killing()
		if s.Check != nil {
			result.err = s.Check(pod)
		}
	})
	if result.err == nil {
		result.err = own.err()
	}
	result.skipped = own.skipped
	return result
}

// check says what keeps the scenario from being run with what its options hold.
func (s Scenario) check(m *manifest.Contents) error {
	if err := isOne(m); err != nil {
		return err
	}
	if !slices.Contains(containersOf(m), s.Kill) {
		return fmt.Errorf("Scenario.Kill: %w", noContainer(m, s.Kill))
	}
	return nil
}

// killer kills the container when the moment comes. The function that it returns waits for that if the moment has come, gives it up if
// not, and says why the container was not killed, however often it is called.
func (s Scenario) killer(t TB, pod *Pod, at instant) func() string {
	ctx, stop := context.WithCancel(t.Context())
	came := make(chan struct{})
	var killed error
	var killing sync.WaitGroup
	killing.Go(func() {
		if !at.await(ctx, pod.history, s.Kill) {
			return
		}
		close(came)
		killed = (&Container{pod: pod, name: s.Kill}).KillContext(context.WithoutCancel(ctx))
	})
	return func() string {
		select {
		case <-came:
		default:
			stop()
		}
		killing.Wait()
		stop()
		select {
		case <-came:
		default:
			return "the moment never came"
		}
		if killed != nil {
			return strings.SplitN(killed.Error(), "\n", 2)[0]
		}
		return ""
	}
}

// instant is a moment in the life of a pod that is found again in every run.
type instant struct {
	// label is what happens, and count how often it has happened before.
	label string
	count int
	// random is, if label is empty, when else it is.
	random randomInstant
}

// randomInstant is one of the random moments of a seed.
type randomInstant struct {
	seed   uint64
	number int // from 1 on
	// share is that of the life from the container's first start to the pod's end, whose length is what it was in the run as it is.
	share float64
	life  time.Duration
}

// after is the time since the container's first start.
func (r randomInstant) after() time.Duration { return time.Duration(r.share * float64(r.life)) }

// String is the moment's name, which go test -run takes as it is.
func (i instant) String() string {
	switch {
	case i.label == "":
		return fmt.Sprintf("random %d of seed %d", i.random.number, i.random.seed)
	case i.count > 0:
		return fmt.Sprintf("%s %d", i.label, i.count+1)
	}
	return i.label
}

// await returns true when the moment has come, or false if it does not until the pod is gone or ctx ends.
func (i instant) await(ctx context.Context, h *history, container string) bool {
	came := false
	_ = h.each(ctx, func(sight) bool {
		past := h.past()
		if i.label == "" {
			_, came = firstStart(past, container)
		} else {
			_, came = i.in(past)
		}
		return came
	})
	if !came || i.label != "" {
		return came
	}
	started, _ := firstStart(h.past(), container)
	return pause.For(ctx, time.Until(started.Add(i.random.after()))) == nil
}

// in finds the moment among others.
func (i instant) in(moments []moment) (moment, bool) {
	count := 0
	for _, m := range moments {
		if labelOf(m) != i.label {
			continue
		}
		if count == i.count {
			return m, true
		}
		count++
	}
	return moment{}, false
}

// notInLabels is what has a meaning in regular expressions.
var notInLabels = strings.NewReplacer("(", "", ")", "")

// labelOf names what happens at a moment, without what differs between runs: "app running", "app Started", "app ended with 1 Error".
func labelOf(m moment) string {
	text := m.text
	for _, kind := range []string{"Normal ", "Warning "} {
		text = strings.TrimPrefix(text, kind)
	}
	if before, _, ok := strings.Cut(text, ":"); ok && !strings.HasPrefix(text, "waiting: ") {
		text = before
	}
	return strings.TrimSpace(m.container + " " + notInLabels.Replace(text))
}

// instantsOf are the moments at which something happens while the container runs.
func instantsOf(moments []moment, container string) []instant {
	var instants []instant
	counts := map[string]int{}
	runs := false
	for _, m := range moments {
		label := labelOf(m)
		own := m.container == container
		switch {
		case own && m.end != nil:
			runs = false
		case own && isStart(m):
			runs = true
		}
		if runs {
			instants = append(instants, instant{label: label, count: counts[label]})
		}
		counts[label]++
	}
	return instants
}

func isStart(m moment) bool { return strings.HasPrefix(m.text, "running") }

// firstStart is when the container was first seen to run.
func firstStart(moments []moment, container string) (time.Time, bool) {
	for _, m := range moments {
		if m.container == container && isStart(m) {
			return m.at, true
		}
	}
	return time.Time{}, false
}

// randomInstants are n random times from the first start of the container to the end of the pod's life, or of what is known of it.
func randomInstants(moments []moment, container string, n int, seed uint64) []instant {
	started, _ := firstStart(moments, container)
	life := moments[len(moments)-1].at.Sub(started)
	random := rand.New(rand.NewPCG(seed, 0))
	var instants []instant
	for i := range n {
		instants = append(instants, instant{random: randomInstant{seed: seed, number: i + 1, share: random.Float64(), life: life}})
	}
	return instants
}
