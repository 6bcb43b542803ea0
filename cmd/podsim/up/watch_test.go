package up

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// notes is a display that keeps what is noted.
type notes struct {
	progress.Nothing
	lines *[]string
}

func (n notes) Note(pod *corev1.Pod, text string) {
	*n.lines = append(*n.lines, pod.Name+": "+text)
}

// rebuilding is the build of container app of workload web, whose two pods run.
type rebuilding struct {
	*testing.T
	*rebuild
	api *fake.Clientset
	dir string
}

func newRebuilding(t *testing.T) *rebuilding {
	machine := enginetest.New()
	t.Cleanup(machine.PowerOff)
	dir := sources(t)
	b, m, err := buildsOf(t, twoPods, "web/app="+dir)
	if err != nil {
		t.Fatal(err)
	}
	b.engine = machine.Connect()
	if err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientset()
	created, err := create(t.Context(), connectionTo(api, false), m)
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(created.connection, progress.Nothing{}, created.pods)
	return &rebuilding{t, &rebuild{containerBuild: b.all[0], engine: b.engine, run: r, created: created.pods[1:]}, api, dir}
}

// write gives the directory another Dockerfile.
func (r *rebuilding) write(dockerfile string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		r.Fatal(err)
	}
}

// change returns what is noted as the image is built again.
func (r *rebuilding) change(ctx context.Context) []string {
	r.Helper()
	var lines []string
	r.rebuild.run.display = notes{lines: &lines}
	r.again(ctx)
	for len(r.rebuild.run.messages) > 0 {
		(<-r.rebuild.run.messages)()
	}
	return lines
}

// images are those of all containers, by pod and container.
func (r *rebuilding) images() map[string]string {
	r.Helper()
	list, err := r.api.CoreV1().Pods("default").List(r.Context(), metav1.ListOptions{})
	if err != nil {
		r.Fatal(err)
	}
	all := map[string]string{}
	for i := range list.Items {
		for c := range podspec.Containers(&list.Items[i]) {
			all[list.Items[i].Name+"/"+c.Name] = c.Image
		}
	}
	return all
}

func TestEveryPodOfAWorkloadGoesOnWithTheNewImage(t *testing.T) {
	r := newRebuilding(t)
	before, first := r.images(), r.ref
	r.write("FROM scratch\nUSER 1")
	told := r.change(t.Context())
	if r.ref == first || !slices.Contains(told, r.created[0].Name+": app: built "+r.ref) {
		t.Errorf("built %s, told %q", r.ref, told)
	}
	changed := 0
	for name, image := range r.images() {
		switch {
		case strings.HasSuffix(name, "/app") && strings.HasPrefix(name, "web-"):
			if changed++; image != r.ref {
				t.Errorf("%s has %s", name, image)
			}
		case image != before[name]:
			t.Errorf("%s has %s, not %s any more", name, image, before[name])
		}
	}
	if changed != 2 {
		t.Errorf("%d pods of web", changed)
	}
	if err := r.engine.ImageTag(t.Context(), first, "still:there"); err == nil {
		t.Errorf("%s, which nothing uses, is still there", first)
	}
}

func TestABuildThatFailsOrMakesNothingNewChangesNoPod(t *testing.T) {
	r := newRebuilding(t)
	before := r.images()
	same := r.change(t.Context())
	if !slices.Contains(same, r.created[0].Name+": app: its image is the same as before") {
		t.Errorf("told %q", same)
	}
	r.engine = failing{}
	failed := r.change(t.Context())
	for _, want := range []string{"no rule", "building " + r.dir + ": step 1/1 (RUN make): it returned 2", "it goes on with the image that it has"} {
		if !slices.Contains(failed, r.created[0].Name+": app: "+want) {
			t.Errorf("no %q told in %q", want, failed)
		}
	}
	r.write("")
	gone := r.change(t.Context())
	if !slices.Contains(gone, r.created[0].Name+": app: "+r.dir+": its Dockerfile is empty") {
		t.Errorf("told %q", gone)
	}
	for name, image := range r.images() {
		if image != before[name] {
			t.Errorf("%s has %s, not %s any more", name, image, before[name])
		}
	}
}

func TestARebuildThatIsInterruptedTellsNothing(t *testing.T) {
	r := newRebuilding(t)
	before := r.images()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.write("FROM scratch\nUSER 1")
	if told := r.change(ctx); len(told) > 1 {
		t.Errorf("told %q", told)
	}
	for name, image := range r.images() {
		if image != before[name] {
			t.Errorf("%s has %s", name, image)
		}
	}
}
