package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// bootWith starts the node anew with other options.
func (w *world) bootWith(change func(*Options)) {
	w.crash()
	change(&w.options)
	w.boot()
}

// timedEvents are the pod's events about pulls, as "20s Pulling".
func (w *world) timedEvents(name string) []string {
	all, _ := w.node.store.Events.List("default")
	var lines []string
	for _, e := range all {
		if e.InvolvedObject.Name == name && (e.Reason == "Pulling" || strings.HasPrefix(e.Message, "Successfully pulled")) {
			message, _, _ := strings.Cut(e.Message, ". Image size")
			lines = append(lines, e.FirstTimestamp.Sub(w.begun).Round(time.Second).String()+" "+message)
		}
	}
	return lines
}

const initThenPulls = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers: [{name: init, image: "busybox:1.36"}]
  containers:
  - {name: a, image: "example.com/a:1"}
  - {name: b, image: "example.com/b:1"}
`

// servesTwo lets the registry have images a and b, and the init container run for 20 s.
func (w *world) servesTwo(a, b enginetest.Pull) {
	w.machine.Serve("example.com/a:1", a)
	w.machine.Serve("example.com/b:1", b)
	w.machine.Script("init", func(int) enginetest.Run { return enginetest.Run{For: 20 * time.Second} })
}

func TestImagesArePulledAheadAndToldOfInTheirTurn(t *testing.T) {
	takes := func(d time.Duration) enginetest.Pull { return enginetest.Pull{Takes: d} }
	for _, row := range []struct {
		name string
		most int // pulls at a time
		a, b time.Duration
		want []string
	}{
		{"both are there at their turn", 0, 10 * time.Second, 15 * time.Second, []string{
			`20s Pulling image "example.com/a:1"`, `20s Successfully pulled image "example.com/a:1" in 10s (10s including waiting)`,
			`20s Pulling image "example.com/b:1"`, `20s Successfully pulled image "example.com/b:1" in 15s (15s including waiting)`,
		}},
		{"the second is on its way", 0, 10 * time.Second, 30 * time.Second, []string{
			`20s Pulling image "example.com/a:1"`, `20s Successfully pulled image "example.com/a:1" in 10s (10s including waiting)`,
			`20s Pulling image "example.com/b:1"`, `30s Successfully pulled image "example.com/b:1" in 30s (30s including waiting)`,
		}},
		{"two at a time", 2, 10 * time.Second, 15 * time.Second, []string{
			`20s Pulling image "example.com/a:1"`, `20s Successfully pulled image "example.com/a:1" in 10s (10s including waiting)`,
			`20s Pulling image "example.com/b:1"`, `20s Successfully pulled image "example.com/b:1" in 15s (15s including waiting)`,
		}},
		{"one at a time, each in its turn (S14.7)", 1, 10 * time.Second, 15 * time.Second, []string{
			`20s Pulling image "example.com/a:1"`, `30s Successfully pulled image "example.com/a:1" in 10s (10s including waiting)`,
			`30s Pulling image "example.com/b:1"`, `45s Successfully pulled image "example.com/b:1" in 15s (15s including waiting)`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.bootWith(func(o *Options) { o.MaxParallelImagePulls = row.most })
				w.servesTwo(takes(row.a), takes(row.b))
				w.create(initThenPulls)
				w.await("p", "ready", func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodRunning && w.ready("p", "b") })
				if diff := cmp.Diff(row.want, w.timedEvents("p")); diff != "" {
					w.Error(diff)
				}
			})
		})
	}
}

func TestAPullAheadThatFailedIsMadeAgainInItsTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.servesTwo(enginetest.Pull{Err: errors.New("no route to host")}, enginetest.Pull{})
		w.create(initThenPulls)
		time.Sleep(10 * time.Second)
		w.machine.Serve("example.com/a:1", enginetest.Pull{Takes: 2 * time.Second})
		w.awaitPhase("p", corev1.PodRunning)
		if events := strings.Join(w.eventsOf("p"), "\n"); strings.Contains(events, "no route to host") {
			w.Errorf("before its turn nothing was wrong:\n%s", events)
		}
		if want := `20s Pulling image "example.com/a:1"`; !slices.Contains(w.timedEvents("p"), want) {
			w.Errorf("no %q among\n%s", want, strings.Join(w.timedEvents("p"), "\n"))
		}
	})
}

func TestPullsAheadEndWithThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.servesTwo(enginetest.Pull{Takes: time.Hour}, enginetest.Pull{Takes: time.Hour})
		w.create(initThenPulls)
		time.Sleep(10 * time.Second)
		w.delete("p", 1)
		w.awaitGone("p")
		if got := time.Since(w.begun); got > 15*time.Second {
			w.Errorf("it was gone after %v", got)
		}
		w.wantNothingLeft()
	})
}

func TestPullsOfSeveralPods(t *testing.T) {
	for most, want := range map[int][2]string{
		0: {"4s (4s including waiting)", "4s (4s including waiting)"},
		1: {"4s (4s including waiting)", "4s (7.999s including waiting)"}, // S14.7, S14.3
	} {
		inWorld(t, func(w *world) {
			w.bootWith(func(o *Options) { o.MaxParallelImagePulls = most })
			var got []string
			for _, name := range []string{"a", "b"} {
				w.machine.Serve("example.com/"+name+":1", enginetest.Pull{Takes: 4 * time.Second})
				w.create("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {containers: [{name: m, image: 'example.com/" + name + ":1'}]}}")
				time.Sleep(time.Millisecond)
			}
			for _, name := range []string{"a", "b"} {
				w.awaitPhase(name, corev1.PodRunning)
				_, text, _ := strings.Cut(strings.Join(w.timedEvents(name), "\n"), `:1" in `)
				got = append(got, text)
			}
			if got[0] != want[0] || got[1] != want[1] {
				w.Errorf("%d at a time: %q, want %q", most, got, want)
			}
		})
	}
}

func TestPlatformsOfImages(t *testing.T) {
	const foreign = `Warning ImagePlatformMismatch spec.containers{main}: Image "` + appImage + `" is for linux/arm64 and runs on linux/amd64 ` +
		`only where that is emulated; build or pull it for linux/%s, or choose with DOCKER_DEFAULT_PLATFORM`
	for _, row := range []struct {
		name, chosen, policy string
		present              string // the architecture of the image on the engine; "" is none
		want                 string // the architecture that is warned of as wanted
		pulled               bool
	}{
		{"the engine's own", "", "IfNotPresent", "amd64", "", false},
		{"another", "", "IfNotPresent", "arm64", "amd64", false},
		{"another, as chosen", "linux/arm64", "IfNotPresent", "arm64", "", false},
		{"another, as chosen in short", "arm64", "IfNotPresent", "arm64", "", false},
		{"one that is absent, as chosen", "linux/arm64", "IfNotPresent", "", "", true},
		{"not the chosen one", "linux/arm64", "IfNotPresent", "amd64", "", true},
		{"not the chosen one, and never pulled", "linux/s390x", "Never", "arm64", "s390x", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.bootWith(func(o *Options) { o.Platform = row.chosen })
				if row.present != "" {
					w.machine.AddImage(appImage, enginetest.Image{Architecture: row.present})
				}
				w.machine.Serve(appImage, enginetest.Pull{})
				w.create(pulling(row.policy, ""))
				w.awaitPhase("p", corev1.PodRunning)
				events := strings.Join(w.eventsOf("p"), "\n")
				if got := strings.Contains(events, "Successfully pulled"); got != row.pulled {
					w.Errorf("pulled: %v", got)
				}
				if row.want != "" {
					w.wantEvent("p", strings.Replace(foreign, "%s", row.want, 1))
				} else if strings.Contains(events, "Mismatch") {
					w.Errorf("a warning:\n%s", events)
				}
			})
		})
	}
}

// TestPoliciesOfOneImageInTwoContainers: that the second one's pull was begun ahead changes nothing for the first.
func TestPoliciesOfOneImageInTwoContainers(t *testing.T) {
	const present, pulled, never = "already present", "Successfully pulled", "is not present"
	for _, row := range []struct {
		first, second string
		present       bool
		want          [2]string
	}{
		{"IfNotPresent", "Always", true, [2]string{present, pulled}},
		{"Never", "Always", true, [2]string{present, pulled}},
		{"Never", "IfNotPresent", true, [2]string{present, present}},
		{"IfNotPresent", "Always", false, [2]string{pulled, pulled}},
		{"Always", "IfNotPresent", false, [2]string{pulled, present}},
		{"Never", "IfNotPresent", false, [2]string{never, pulled}},
	} {
		t.Run(row.first+" "+row.second, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Serve(appImage, enginetest.Pull{})
				if row.present {
					w.machine.AddImage(appImage, enginetest.Image{})
				}
				w.create("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n" +
					"  - {name: a, image: " + appImage + ", imagePullPolicy: " + row.first + "}\n" +
					"  - {name: b, image: " + appImage + ", imagePullPolicy: " + row.second + "}\n")
				time.Sleep(900 * time.Millisecond)
				events := w.eventsOf("p")
				for i, want := range row.want {
					name := "spec.containers{" + string(rune('a'+i)) + "}"
					if !slices.ContainsFunc(events, func(e string) bool { return strings.Contains(e, name) && strings.Contains(e, want) }) {
						w.Errorf("%s has no event with %q among\n%s", name, want, strings.Join(events, "\n"))
					}
				}
			})
		})
	}
}
