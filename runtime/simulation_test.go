package runtime

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/pause"
)

// seedsVariable is the environment variable that says how many seeds are simulated instead of defaultSeeds; the pods of a seed are one to
// three. With -short it is a tenth of them.
const (
	seedsVariable = "PODSIM_SEEDS"
	defaultSeeds  = 10_002
)

// Random pods live through random exits, probes and hooks, crashes of the node, losses of their sandbox and deletions, while every rule
// is checked at every step. A seed that fails tells its story, and replays with
// go test -run 'TestSimulation/seed=17$'.
func TestSimulation(t *testing.T) {
	seeds := defaultSeeds
	if testing.Short() {
		seeds /= 10
	}
	if text := os.Getenv(seedsVariable); text != "" {
		var err error
		if seeds, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", seedsVariable, err)
		}
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			if seed%10 == 9 {
				sameEnd(t, uint64(seed))
				return
			}
			inWorld(t, func(w *world) { newSimulation(w, uint64(seed)).run() })
		})
	}
}

// simulation is one seed's run.
type simulation struct {
	*world
	seed   uint64
	random *rand.Rand // of the story; what containers do depends on the seed and their attempt alone
	pods   []string
	asked  sync.Map // the questions of each pod, by its name: they are asked from many goroutines
	// calm: the engine is quick and never fails, so that everything happens at its very moment.
	calm bool
	told []string
}

func newSimulation(w *world, seed uint64) *simulation {
	s := &simulation{world: w, seed: seed, random: rand.New(rand.NewPCG(seed, 0))}
	s.machine.OnExec(s.command)
	s.machine.OnDial(s.request)
	return s
}

// maxTrouble is how much later than it should a thing may happen on an engine that is slow and fails.
const maxTrouble = 3 * time.Minute

func (s *simulation) run() {
	defer s.tellIfFailed()
	if s.calm = s.chance(0.5); s.calm {
		s.trouble = 0
	} else {
		s.trouble = maxTrouble
		if s.seed%3 == 0 {
			s.tell("the image has to be pulled")
			s.machine.DropImage(firstImage)
			s.machine.Serve(firstImage, enginetest.Pull{Takes: 3 * time.Second})
		}
		if s.chance(0.5) {
			s.slowEngine()
		}
	}
	if s.seed%4 == 1 { // the pods have proxies
		(&proxyWorld{world: s.world}).createService("web")
	}
	for i := range 1 + int(s.seed%3) {
		pod := s.randomPod(fmt.Sprintf("p%d", i))
		s.pods = append(s.pods, pod.Name)
		s.createPod(pod)
	}
	for range s.random.IntN(6) {
		s.pass(20 * time.Second)
		s.disturb()
	}
	if s.chance(0.05) {
		s.pass(20 * time.Minute)
	} else {
		s.pass(2 * time.Minute)
	}
	s.checkImages()
	for _, name := range s.pods {
		s.end(name)
	}
	s.checkRules()
	s.wantNothingLeft()
}

// pass lets up to that much time pass, mostly much less.
func (s *simulation) pass(most time.Duration) {
	time.Sleep(time.Duration(float64(most) * s.random.Float64() * s.random.Float64()))
	s.checkRules()
}

// end deletes a pod and waits until it is gone.
func (s *simulation) end(name string) {
	if s.pod(name) == nil {
		return
	}
	s.tell("delete %s", name)
	begun := time.Now()
	s.delete(name, -1)
	for limit := begun.Add(time.Hour); s.pod(name) != nil; time.Sleep(time.Second) {
		if time.Now().After(limit) {
			s.Fatalf("an hour after its deletion %s is %s", name, summary(s.pod(name)))
		}
	}
	b := s.book(name)
	d := s.deleted[name][len(s.deleted[name])-1]
	if took, most := time.Since(begun), d.grace+b.passTime(d)+lateStop+s.trouble+time.Second; took > most {
		s.Errorf("the deletion of %s took %v, %v is the most (S8.11)", name, took, most)
	}
}

// tell keeps a line of the story.
func (s *simulation) tell(format string, args ...any) {
	s.told = append(s.told, fmt.Sprintf("%v story: ", time.Since(s.begun))+fmt.Sprintf(format, args...))
}

// tellIfFailed logs the pods, the story, and what happened on the engine and was published.
func (s *simulation) tellIfFailed() {
	if !s.Failed() {
		return
	}
	for _, name := range s.pods {
		text, _ := yaml.Marshal(s.created[name].Spec)
		s.Logf("pod %s (calm: %v):\n%s", name, s.calm, text)
	}
	type line struct {
		at   time.Duration
		text string
	}
	var lines []line
	for _, t := range s.told {
		at, _, _ := strings.Cut(t, " ")
		d, _ := time.ParseDuration(at)
		lines = append(lines, line{d, t})
	}
	for _, step := range s.machine.History() {
		at := step.At.Sub(s.begun)
		lines = append(lines, line{at, fmt.Sprintf("%v %s: %v", at, step.Pod, step)})
	}
	for _, name := range s.pods {
		for _, sight := range s.sights(name) {
			at := sight.at.Sub(s.begun)
			lines = append(lines, line{at, fmt.Sprintf("%v %s is published: %s", at, name, summary(sight.pod))})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	for _, l := range lines {
		s.Log(l.text)
	}
}

func (s *simulation) chance(p float64) bool { return s.random.Float64() < p }

func (s *simulation) upTo(d time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(d)))
}

// disturb does one random thing to the world.
func (s *simulation) disturb() {
	name := s.pods[s.random.IntN(len(s.pods))]
	switch s.random.IntN(9) {
	case 0, 1:
		after := s.upTo(5 * time.Second)
		s.tell("the node crashes; the next one comes after %v", after)
		s.restart(after)
		s.forgetDeletions()
		s.recallImages()
	case 2:
		s.tell("the sandbox of %s is killed", name)
		s.loseSandboxOf(name)
	case 3:
		s.tell("events are lost")
		s.machine.BreakEvents()
	case 4:
		s.deleteSoon(name, -1)
	case 5:
		s.deleteSoon(name, int64(s.random.IntN(5)))
	case 6:
		s.changeImage(name)
	case 7, 8:
		methods := []string{"ContainerCreate", "ContainerStart", "ContainerKill", "ContainerWait", "ContainerInspect", "ContainerList",
			"ContainerRemove", "CopyToContainer", "CopyFromContainer", "ImageInspect", "NetworkList", "NetworkRemove", "VolumeList",
			"VolumeRemove", "ContainerExecCreate", "ContainerExecAttach", "ContainerExecInspect"}
		method := methods[s.random.IntN(len(methods))]
		lost := slices.Contains([]string{"ContainerCreate", "ContainerStart", "ContainerKill", "ContainerRemove"}, method) && s.chance(0.5)
		switch {
		case s.calm:
		case lost:
			s.tell("the answer to the next %s gets lost", method)
			s.machine.LoseNext(method, errHiccup)
		default:
			s.tell("the next %s fails", method)
			s.machine.FailNext(method, errHiccup)
		}
	}
}

func (s *simulation) deleteSoon(name string, grace int64) {
	if s.pod(name) != nil {
		s.tell("delete %s within %d s", name, grace)
		s.delete(name, grace)
	}
}

// forgetDeletions marks those deletions that the crash of a node made undone.
func (s *simulation) forgetDeletions() {
	for _, name := range s.pods {
		if pod := s.pod(name); pod != nil && pod.DeletionTimestamp == nil {
			for i := range s.deleted[name] {
				s.deleted[name][i].forgotten = true
			}
		}
	}
}

// loseSandboxOf kills the sandbox of a pod, if it has one.
func (s *simulation) loseSandboxOf(name string) {
	for _, step := range s.machine.History() {
		if step.Pod == name && step.Container == "POD" && step.Action == enginetest.Started {
			_ = s.machine.Kill(step.ID, "KILL") // an older one is gone already
		}
	}
}

// slowEngine lets some calls take a while. Calls that the node makes with a mutex held are not among them: in a bubble no time passes
// while somebody waits for a mutex.
func (s *simulation) slowEngine() {
	slowest := s.upTo(2*time.Second) + 1
	s.tell("calls take up to %v", slowest)
	s.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
		switch call.Method {
		case "ContainerStart", "ContainerKill", "ContainerInspect", "ContainerRemove":
			pause.For(ctx, time.Duration(s.dice(call.Method, int(time.Since(s.begun))).Int64N(int64(slowest))))
		}
		return nil
	})
}

// dice are random numbers that depend on the seed, a name and a number alone.
func (s *simulation) dice(name string, number int) *rand.Rand {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%d %s %d", s.seed, name, number)
	return rand.New(rand.NewPCG(hash.Sum64(), s.seed))
}
