package kept

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/store"
)

func settings(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid of " + name), CreationTimestamp: metav1.Unix(1e9, 0)},
		Data:       map[string]string{"colour": "green"},
	}
}

// settingsAt is the ConfigMap as others have a copy of it.
func settingsAt(version uint64) *corev1.ConfigMap {
	c := settings("settings")
	c.ResourceVersion = strconv.FormatUint(version, 10)
	return c
}

var ownKey = types.NamespacedName{Namespace: "default", Name: "settings"}

// process is a node's process: a store, and a keeper of its ConfigMaps and leases.
type process struct {
	*testing.T
	store  *store.Store
	keeper *Keeper
	log    *bytes.Buffer
}

// begin loads a directory, as a process does that begins at a time.
func begin(t *testing.T, dir string, at uint64) *process {
	t.Helper()
	p := &process{T: t, store: store.New(at), log: &bytes.Buffer{}}
	p.keeper = New(dir, p.store, []Collection{Of(p.store.ConfigMaps, nil), Of(p.store.Leases, nil)}, slog.New(slog.NewTextHandler(p.log, nil)))
	if err := p.keeper.Load(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) create(c *corev1.ConfigMap) *corev1.ConfigMap {
	p.Helper()
	created, err := p.store.ConfigMaps.Create(c)
	if err != nil {
		p.Fatal(err)
	}
	return created
}

// run has what changes be written until it is stopped.
func (p *process) run() (stop func()) {
	ctx, cancel := context.WithCancel(p.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.keeper.Run(ctx, true)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// write brings the directory up to date, as Run does.
func (p *process) write(whole bool) {
	p.Helper()
	p.keeper.whole = p.keeper.whole || whole
	if err := p.keeper.attempt(); err != nil {
		p.Fatal(err)
	}
}

func (p *process) get(key types.NamespacedName) *corev1.ConfigMap {
	p.Helper()
	found, err := p.store.ConfigMaps.Get(key)
	if err != nil {
		p.Fatal(err)
	}
	return found
}

// filesIn are the paths of all files and folders of a directory, relative to it.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			paths = append(paths, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return paths
}

func TestObjectsComeBackAsTheyWere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	first := begin(t, dir, 1000)
	created := first.create(settings("settings"))
	first.write(true)

	second := begin(t, dir, 2000)
	if got := second.get(ownKey); got.String() != created.String() || got.ResourceVersion != "1001" {
		t.Errorf("it came back as %v, want %v", got, created)
	}
	if got := second.keeper.Namespaces(); !slices.Equal(got, []string{"default"}) {
		t.Errorf("namespaces %v", got)
	}
	_, err := second.store.ConfigMaps.Update(ownKey, func(c *corev1.ConfigMap) error {
		c.ResourceVersion = created.ResourceVersion // as a client has it that read it from the first process
		c.Data["colour"] = "red"
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := second.store.ConfigMaps.Watch(1001); err == nil {
		t.Error("a watch goes on over the end of a process, although nobody knows what happened meanwhile")
	}
	second.write(true)
	if got := begin(t, dir, 3000).get(ownKey).Data["colour"]; got != "red" {
		t.Errorf("after a change it is %s", got)
	}
}

func TestVersionsGoOnWhenTheClockWentBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	first := begin(t, dir, 5000)
	first.create(settings("settings"))
	first.write(true)
	second := begin(t, dir, 10)
	if next := second.create(settings("other")); store.VersionOf(next) <= 5001 {
		t.Errorf("the next version is %s", next.ResourceVersion)
	}
}

func TestDeletedObjectsStayAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	first := begin(t, dir, 1000)
	deleted := first.create(settings("settings"))
	first.create(settings("other"))
	first.write(true)
	if _, err := first.store.ConfigMaps.Delete(ownKey, nil); err != nil {
		t.Fatal(err)
	}
	first.write(true)
	unwritten := first.create(settings("unwritten")) // the process is killed

	second := begin(t, dir, 2000)
	if _, err := second.store.ConfigMaps.Get(ownKey); err == nil {
		t.Error("the object is there again")
	}
	for _, c := range []struct {
		what     string
		resource string
		object   *corev1.ConfigMap
		want     bool
	}{
		{"a copy of what was deleted", "configmaps", deleted, true},
		{"what came after the last writing", "configmaps", unwritten, false},
		{"what came after the deletion", "configmaps", settingsAt(1999), false},
		{"a kind that is not kept", "secrets", deleted, false},
	} {
		if got := second.keeper.Deleted(c.resource, c.object); got != c.want {
			t.Errorf("%s: deleted is %v", c.what, got)
		}
	}
}

// Who lost the directory, or never had one, believes the copies that others have.
func TestNothingCountsAsDeletedUntilAllIsKnown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	if begin(t, dir, 1000).keeper.Deleted("configmaps", settingsAt(500)) {
		t.Error("it counts as deleted without a directory")
	}
	first := begin(t, dir, 1000)
	first.create(settings("other"))
	first.write(false) // something could not be adopted
	second := begin(t, dir, 2000)
	if second.keeper.Deleted("configmaps", settingsAt(500)) {
		t.Error("it counts as deleted although its copy may not have been read")
	}
	second.write(true)
	if !begin(t, dir, 3000).keeper.Deleted("configmaps", settingsAt(500)) {
		t.Error("it does not count as deleted although all copies were read")
	}
}

func TestDamagedFilesAreNamedAndMovedAside(t *testing.T) {
	for name, damage := range map[string]string{
		"broken off":       `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings","namesp`,
		"empty":            ``,
		"null":             `null`,
		"another kind":     `{"kind":"Secret","apiVersion":"v1","metadata":{"name":"settings","namespace":"default"}}`,
		"another's object": `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"other","namespace":"default","resourceVersion":"9999"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "objects")
			first := begin(t, dir, 1000)
			lost := first.create(settings("settings"))
			first.create(settings("other"))
			first.write(true)
			path := filepath.Join(dir, "configmaps", "default_settings.json")
			if err := os.WriteFile(path, []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}

			second := begin(t, dir, 2000)
			if got, _ := second.store.ConfigMaps.List(""); len(got) != 1 || got[0].Name != "other" || got[0].ResourceVersion != "1002" {
				t.Errorf("loaded: %v", got)
			}
			if content, err := os.ReadFile(path + ".damaged"); err != nil || string(content) != damage {
				t.Errorf("aside lies %q, %v", content, err)
			}
			if !strings.Contains(second.log.String(), path) {
				t.Errorf("the log does not name the file: %s", second.log)
			}
			if second.keeper.Deleted("configmaps", lost) {
				t.Error("a copy of what was damaged counts as deleted")
			}
			second.write(true)
			if third := begin(t, dir, 3000); third.log.Len() > 0 {
				t.Errorf("the next process complains, too: %s", third.log)
			}
		})
	}
}

func TestWhatWasNotFinishedIsDropped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	first := begin(t, dir, 1000)
	first.create(settings("settings"))
	first.write(true)
	if err := os.WriteFile(filepath.Join(dir, "configmaps", "default_settings.json.new"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := begin(t, dir, 2000)
	second.get(ownKey)
	if got := filesIn(t, dir); !slices.Equal(got, []string{"configmaps", "configmaps/default_settings.json", "deletions"}) {
		t.Errorf("files: %v", got)
	}
}

func TestNothingKeptLeavesNoFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	p := begin(t, dir, 1000)
	p.write(true)
	if got := filesIn(t, dir); len(got) > 0 {
		t.Errorf("files of a process without objects: %v", got)
	}
	p.create(settings("settings"))
	p.write(true)
	if _, err := p.store.ConfigMaps.Delete(ownKey, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.keeper.Close(false); err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, dir); !slices.Equal(got, []string{"deletions"}) {
		t.Errorf("files while others have copies: %v", got)
	}
	if err := begin(t, dir, 2000).keeper.Close(true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v, %v", err, filesIn(t, dir))
	}
}

func TestNobodyElseMayRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	p := begin(t, dir, 1000)
	p.create(settings("settings"))
	p.write(true)
	for path, want := range map[string]fs.FileMode{"": 0o700, "configmaps": 0o700, "configmaps/default_settings.json": 0o600, "deletions": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestFileNamesTellObjectsApart(t *testing.T) {
	long := strings.Repeat("x", 300)
	seen := map[string]types.NamespacedName{}
	for _, key := range []types.NamespacedName{
		{Namespace: "a", Name: "b"}, {Name: "a_b"}, {Name: "b"}, {Name: "B"}, {Name: "system:node"}, {Name: "system-node"}, {Name: "system%3Anode"},
		{Name: long + "1"}, {Name: long + "2"}, {Namespace: long[:63], Name: long[:253]}, {Name: "ä"}, {Name: ".a"},
	} {
		name := fileName(key)
		if other, taken := seen[strings.ToLower(name)]; taken {
			t.Errorf("%v and %v have the name %s", key, other, name)
		}
		seen[strings.ToLower(name)] = key
		if len(name+Damaged) > 255 || strings.ContainsAny(name, `/\:*?"<>|`) {
			t.Errorf("%v has the name %s", key, name)
		}
	}
	if got := fileName(types.NamespacedName{Namespace: "default", Name: "web.settings-1"}); got != "default_web.settings-1.json" {
		t.Errorf("a usual name: %s", got)
	}
}

func TestOnlyWhatIsWorthItIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	s := store.New(1000)
	k := New(dir, s, []Collection{Of(s.ConfigMaps, func(c *corev1.ConfigMap) bool { return c.Labels["worth"] != "" })}, slog.New(slog.DiscardHandler))
	if _, err := s.ConfigMaps.Create(settings("settings")); err != nil {
		t.Fatal(err)
	}
	label := func(value string) {
		_, err := s.ConfigMaps.Update(ownKey, func(c *corev1.ConfigMap) error { c.Labels = map[string]string{"worth": value}; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		value string
		files int
	}{{"", 0}, {"it", 2}, {"", 0}} {
		label(step.value)
		if err := k.attempt(); err != nil {
			t.Fatal(err)
		}
		if got := filesIn(t, dir); len(got) != step.files {
			t.Errorf("worth %q: files %v", step.value, got)
		}
	}
}

func TestAChangeIsWrittenAtOnceAndALotOfThemTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "objects")
		p := begin(t, dir, 1000)
		defer p.run()()
		time.Sleep(time.Minute)
		p.create(settings("settings"))
		synctest.Wait() // no time passes
		written := func() os.FileInfo {
			info, err := os.Stat(filepath.Join(dir, "configmaps", "default_settings.json"))
			if err != nil {
				t.Fatal(err)
			}
			return info
		}
		before := written()
		for i := range 100 {
			_, err := p.store.ConfigMaps.Update(ownKey, func(c *corev1.ConfigMap) error { c.Data["n"] = fmt.Sprint(i); return nil })
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if !os.SameFile(before, written()) {
			t.Error("each change was written by itself")
		}
		time.Sleep(pauseAfterWrite)
		synctest.Wait()
		if got := begin(t, dir, 2000).get(ownKey).Data["n"]; got != "99" {
			t.Errorf("after %v the object has the change %q", pauseAfterWrite, got)
		}
	})
}

// Who waits for a change does not wait for others to come.
func TestWhatIsAwaitedIsWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "objects")
		p := begin(t, dir, 1000)
		defer p.run()()
		begun := time.Now()
		p.create(settings("settings"))
		for i := range 10 {
			if _, err := p.store.ConfigMaps.Update(ownKey, func(c *corev1.ConfigMap) error { c.Data["n"] = fmt.Sprint(i); return nil }); err != nil {
				t.Fatal(err)
			}
			if err := p.keeper.Await(t.Context(), p.store.Version()); err != nil {
				t.Fatal(err)
			}
			if got := begin(t, dir, 2000).get(ownKey).Data["n"]; got != fmt.Sprint(i) {
				t.Errorf("the object has the change %q, want %d", got, i)
			}
		}
		if took := time.Since(begun); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestWhatCannotBeWrittenIsTriedAgainAndToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "objects")
		if err := os.WriteFile(dir, nil, 0o600); err != nil { // in the way
			t.Fatal(err)
		}
		s, log := store.New(1000), &bytes.Buffer{}
		k := New(dir, s, []Collection{Of(s.ConfigMaps, nil)}, slog.New(slog.NewTextHandler(log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			k.Run(ctx, true)
		}()
		if _, err := s.ConfigMaps.Create(settings("settings")); err != nil {
			t.Fatal(err)
		}
		if err := k.Await(t.Context(), s.Version()); err == nil {
			t.Error("who waits is told nothing of the failure")
		}
		time.Sleep(10 * retryInterval)
		synctest.Wait()
		if got := strings.Count(log.String(), "\n"); got != 1 {
			t.Errorf("the log has %d lines: %s", got, log)
		}
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * retryInterval)
		stop()
		<-ended
		begin(t, dir, 2000).get(ownKey)
	})
}

// What cannot be written keeps neither what else there is to write nor deletions from the directory.
func TestWhatCannotBeWrittenKeepsNothingElseBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	s := store.New(1000)
	k := New(dir, s, []Collection{Of(s.ConfigMaps, nil)}, slog.New(slog.DiscardHandler))
	k.whole = true
	for _, name := range []string{"old", "other"} {
		if _, err := s.ConfigMaps.Create(settings(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.attempt(); err != nil {
		t.Fatal(err)
	}
	path := func(name string) string {
		return k.path("configmaps", types.NamespacedName{Namespace: "default", Name: name})
	}
	for _, name := range []string{"a", "z"} {
		if _, err := s.ConfigMaps.Create(settings(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(path("a"), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ConfigMaps.Delete(types.NamespacedName{Namespace: "default", Name: "old"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := k.attempt(); err == nil {
		t.Fatal("a directory was replaced by a file")
	}
	for name, want := range map[string]bool{"old": false, "other": true, "z": true} {
		if _, err := os.Stat(path(name)); (err == nil) != want {
			t.Errorf("the file of %s: %v", name, err)
		}
	}
	if _, err := os.Stat(path("a") + Unfinished); err == nil {
		t.Error("what could not be finished takes room")
	}
	if err := os.RemoveAll(path("a")); err != nil {
		t.Fatal(err)
	}
	if err := k.attempt(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path("a")); err != nil {
		t.Error(err)
	}
}

func lease(name string) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: ptr.To("me"), RenewTime: ptr.To(metav1.NowMicro())},
	}
}

// BenchmarkLoad loads a thousand ConfigMaps.
func BenchmarkLoad(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "objects")
	s := store.New(1000)
	k := New(dir, s, []Collection{Of(s.ConfigMaps, nil)}, slog.New(slog.DiscardHandler))
	fill(b, s)
	if err := k.attempt(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := store.New(1000)
		if err := New(dir, s, []Collection{Of(s.ConfigMaps, nil)}, slog.New(slog.DiscardHandler)).Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRenewal writes the renewal of a lease beside a thousand ConfigMaps and a hundred leases.
func BenchmarkRenewal(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "objects")
	s := store.New(1000)
	k := New(dir, s, []Collection{Of(s.ConfigMaps, nil), Of(s.Leases, nil)}, slog.New(slog.DiscardHandler))
	fill(b, s)
	for i := range 100 {
		if _, err := s.Leases.Create(lease(fmt.Sprint("lease-", i))); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		_, err := s.Leases.Update(types.NamespacedName{Namespace: "default", Name: "lease-7"}, func(l *coordinationv1.Lease) error {
			l.Spec.RenewTime = ptr.To(metav1.NowMicro())
			return nil
		})
		if err == nil {
			err = k.attempt()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func fill(b *testing.B, s *store.Store) {
	b.Helper()
	for i := range 1000 {
		c := settings(fmt.Sprint("settings-", i))
		c.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl", Operation: metav1.ManagedFieldsOperationUpdate,
			FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(`{"f:data":{".":{},"f:colour":{}}}`)}}
		if _, err := s.ConfigMaps.Create(c); err != nil {
			b.Fatal(err)
		}
	}
}

// Who waits for a change goes on when its file is there, and no sooner.
func TestAwaitedChangesAreWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	p := begin(t, dir, 1000)
	p.create(settings("settings"))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := p.keeper.Await(ctx, p.store.Version()); !errors.Is(err, context.Canceled) {
		t.Errorf("before anything was written: %v", err)
	}
	running, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.keeper.Run(running, true)
	}()
	defer func() { end(); <-ended }()
	if err := p.keeper.Await(t.Context(), p.store.Version()); err != nil {
		t.Fatal(err)
	}
	if got := begin(t, dir, 2000).get(ownKey); got == nil {
		t.Error("it is not there")
	}
}
