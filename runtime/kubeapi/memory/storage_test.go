package memory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"

	"github.com/podsim/podsim/runtime/kubeapi/memory"
	"github.com/podsim/podsim/runtime/store"
)

// shelf is a storage of ConfigMaps and the store behind it.
type shelf struct {
	*testing.T
	storage.Interface
	store *store.Store
}

func newShelf(t *testing.T) shelf {
	objects := store.New(100)
	return shelf{t, memory.New(objects.ConfigMaps, "/configmaps", func() *corev1.ConfigMap { return &corev1.ConfigMap{} }, nil), objects}
}

func configMap(namespace, name string, marks ...string) *corev1.ConfigMap {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + name), Labels: map[string]string{}}}
	for _, mark := range marks {
		object.Labels[mark] = "yes"
	}
	return object
}

func (s shelf) create(object *corev1.ConfigMap) *corev1.ConfigMap {
	s.Helper()
	created := &corev1.ConfigMap{}
	if err := s.Create(s.Context(), "/configmaps/"+object.Namespace+"/"+object.Name, object, created, 0); err != nil {
		s.Fatal(err)
	}
	return created
}

// change sets a value of the ConfigMap.
func (s shelf) change(key, value string) *corev1.ConfigMap {
	s.Helper()
	changed := &corev1.ConfigMap{}
	err := s.GuaranteedUpdate(s.Context(), key, changed, false, nil, func(input runtime.Object, _ storage.ResponseMeta) (runtime.Object, *uint64, error) {
		input.(*corev1.ConfigMap).Data = map[string]string{"value": value}
		return input, nil, nil
	}, nil)
	if err != nil {
		s.Fatal(err)
	}
	return changed
}

func (s shelf) remove(key string) {
	s.Helper()
	if err := s.Delete(s.Context(), key, &corev1.ConfigMap{}, nil, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{}); err != nil {
		s.Fatal(err)
	}
}

func selecting(label string) storage.SelectionPredicate {
	selector, err := labels.Parse(label)
	if err != nil {
		panic(err)
	}
	return storage.SelectionPredicate{Label: selector, Field: fields.Everything(), GetAttrs: storage.DefaultNamespaceScopedAttr}
}

func TestObjectsComeAndGo(t *testing.T) {
	s := newShelf(t)
	created := s.create(configMap("a", "one"))
	if created.ResourceVersion != "101" {
		t.Errorf("the first version is %s", created.ResourceVersion)
	}
	const key = "/configmaps/a/one"
	if err := s.Create(t.Context(), key, configMap("a", "one"), nil, 0); !storage.IsExist(err) {
		t.Errorf("created twice: %v", err)
	}
	if err := s.Create(t.Context(), key, created, nil, 0); !errors.Is(err, storage.ErrResourceVersionSetOnCreate) {
		t.Errorf("created with a version: %v", err)
	}
	if again := s.change(key, "new"); again.ResourceVersion != "102" || again.Data["value"] != "new" {
		t.Errorf("changed to %v", again)
	}
	if same := s.change(key, "new"); same.ResourceVersion != "102" {
		t.Errorf("a change of nothing has version %s", same.ResourceVersion)
	}
	got := &corev1.ConfigMap{}
	if err := s.Get(t.Context(), key, storage.GetOptions{ResourceVersion: "102"}, got); err != nil || got.Data["value"] != "new" {
		t.Errorf("got %v, %v", got, err)
	}
	got.Data["value"] = "mine"
	if kept, _ := s.store.ConfigMaps.Get(types.NamespacedName{Namespace: "a", Name: "one"}); kept.Data["value"] != "new" {
		t.Error("what was got shares its memory with what is stored")
	}
	if err := s.Get(t.Context(), key, storage.GetOptions{ResourceVersion: "103"}, got); !storage.IsTooLargeResourceVersion(err) {
		t.Errorf("got from the future: %v", err)
	}
	s.remove(key)
	if err := s.Get(t.Context(), key, storage.GetOptions{}, got); !storage.IsNotFound(err) {
		t.Errorf("got what is gone: %v", err)
	}
	if err := s.Get(t.Context(), key, storage.GetOptions{IgnoreNotFound: true}, got); err != nil || got.Name != "" {
		t.Errorf("ignored what is gone: %v, %v", got, err)
	}
	if err := s.Delete(t.Context(), key, got, nil, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{}); !storage.IsNotFound(err) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestPreconditionsHold(t *testing.T) {
	s := newShelf(t)
	s.create(configMap("a", "one"))
	const key = "/configmaps/a/one"
	other := storage.NewUIDPreconditions("another")
	unchanged := func(input runtime.Object, _ storage.ResponseMeta) (runtime.Object, *uint64, error) {
		return nil, nil, errors.New("asked for a change")
	}
	if err := s.GuaranteedUpdate(t.Context(), key, &corev1.ConfigMap{}, false, other, unchanged, nil); !storage.IsInvalidObj(err) {
		t.Errorf("updated another object: %v", err)
	}
	if err := s.Delete(t.Context(), key, &corev1.ConfigMap{}, other, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{}); !storage.IsInvalidObj(err) {
		t.Errorf("deleted another object: %v", err)
	}
	refusal := errors.New("not now")
	refuse := func(context.Context, runtime.Object) error { return refusal }
	if err := s.Delete(t.Context(), key, &corev1.ConfigMap{}, nil, refuse, nil, storage.DeleteOptions{}); !errors.Is(err, refusal) {
		t.Errorf("deleted what must not be: %v", err)
	}
}

func TestAnUpdateIsTriedAgainUntilNobodyIsFaster(t *testing.T) {
	s := newShelf(t)
	s.create(configMap("a", "one"))
	const key = "/configmaps/a/one"
	tries := 0
	updated := &corev1.ConfigMap{}
	err := s.GuaranteedUpdate(t.Context(), key, updated, false, nil, func(input runtime.Object, _ storage.ResponseMeta) (runtime.Object, *uint64, error) {
		if tries++; tries < 3 {
			s.change(key, fmt.Sprint("faster ", tries)) // the storage is not locked meanwhile
		}
		object := input.(*corev1.ConfigMap)
		if object.Data == nil {
			object.Data = map[string]string{}
		}
		object.Data["mine"] = "too"
		return object, nil, nil
	}, nil)
	if err != nil || tries != 3 {
		t.Fatalf("%d tries, %v", tries, err)
	}
	if diff := cmp.Diff(map[string]string{"value": "faster 2", "mine": "too"}, updated.Data); diff != "" {
		t.Error(diff)
	}
}

func TestAnUpdateMayCreate(t *testing.T) {
	s := newShelf(t)
	made := &corev1.ConfigMap{}
	err := s.GuaranteedUpdate(t.Context(), "/configmaps/a/new", made, true, nil, func(runtime.Object, storage.ResponseMeta) (runtime.Object, *uint64, error) {
		return configMap("a", "new"), nil, nil
	}, nil)
	if err != nil || made.ResourceVersion != "101" {
		t.Errorf("%v, %v", made, err)
	}
}

// list returns the names of a page, its version and what continues it.
func (s shelf) list(key string, opts storage.ListOptions) ([]string, metav1.ListMeta, error) {
	opts.Recursive = true
	if opts.Predicate.Label == nil {
		limit, next := opts.Predicate.Limit, opts.Predicate.Continue
		opts.Predicate = storage.Everything
		opts.Predicate.Limit, opts.Predicate.Continue = limit, next
	}
	var page corev1.ConfigMapList
	err := s.GetList(s.Context(), key, opts, &page)
	var names []string
	for _, object := range page.Items {
		names = append(names, object.Namespace+"/"+object.Name)
	}
	return names, page.ListMeta, err
}

func TestLists(t *testing.T) {
	s := newShelf(t)
	for _, object := range []*corev1.ConfigMap{configMap("b", "one", "red"), configMap("a", "two"), configMap("a-b", "one"), configMap("a", "one", "red")} {
		s.create(object)
	}
	for name, c := range map[string]struct {
		key  string
		opts storage.ListOptions
		want []string
	}{
		"all":            {"/configmaps", storage.ListOptions{}, []string{"a-b/one", "a/one", "a/two", "b/one"}},
		"a namespace":    {"/configmaps/a", storage.ListOptions{}, []string{"a/one", "a/two"}},
		"a label":        {"/configmaps", storage.ListOptions{Predicate: selecting("red")}, []string{"a/one", "b/one"}},
		"of an old time": {"/configmaps", storage.ListOptions{ResourceVersion: "102", ResourceVersionMatch: metav1.ResourceVersionMatchExact}, []string{"a/two", "b/one"}},
		"not older":      {"/configmaps/b", storage.ListOptions{ResourceVersion: "102", ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}, []string{"b/one"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := s.list(c.key, c.opts)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
	if _, _, err := s.list("/configmaps", storage.ListOptions{ResourceVersion: "105", ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}); !storage.IsTooLargeResourceVersion(err) {
		t.Errorf("a list of the future: %v", err)
	}
}

func TestPagesAreOfOneMoment(t *testing.T) {
	s := newShelf(t)
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		s.create(configMap("a", name))
	}
	first := storage.ListOptions{Predicate: storage.SelectionPredicate{Limit: 2}}
	names, meta, err := s.list("/configmaps/a", first)
	if err != nil || *meta.RemainingItemCount != 3 {
		t.Fatalf("%v, %v", meta, err)
	}
	s.remove("/configmaps/a/one")
	s.create(configMap("a", "six"))
	version := meta.ResourceVersion
	for meta.Continue != "" {
		var page []string
		page, meta, err = s.list("/configmaps/a", storage.ListOptions{Predicate: storage.SelectionPredicate{Limit: 2, Continue: meta.Continue}})
		if err != nil || meta.ResourceVersion != version {
			t.Fatalf("%v, %v", meta, err)
		}
		names = append(names, page...)
	}
	if diff := cmp.Diff([]string{"a/five", "a/four", "a/one", "a/three", "a/two"}, names); diff != "" {
		t.Error(diff)
	}

	_, meta, _ = s.list("/configmaps/a", first)
	for i := range 2000 { // more than is remembered
		s.change("/configmaps/a/two", fmt.Sprint(i))
	}
	if _, _, err := s.list("/configmaps/a", storage.ListOptions{Predicate: storage.SelectionPredicate{Continue: meta.Continue}}); !apierrors.IsResourceExpired(err) {
		t.Errorf("continued what is forgotten: %v", err)
	}
}

// watched is what a watch has told until now.
func watched(w watch.Interface) []string {
	var told []string
	for {
		synctest.Wait()
		select {
		case event, open := <-w.ResultChan():
			if !open {
				return append(told, "end")
			}
			switch object := event.Object.(type) {
			case *corev1.ConfigMap:
				told = append(told, fmt.Sprintf("%s %s %s", event.Type, object.Name, object.ResourceVersion))
			case *metav1.Status:
				told = append(told, fmt.Sprintf("%s %s", event.Type, object.Reason))
			}
		default:
			return told
		}
	}
}

func TestWatches(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		key    string
		opts   storage.ListOptions
		first  []string // before anything changes
		events []string
	}{
		"from a version": {"/configmaps/a", storage.ListOptions{ResourceVersion: "101"}, []string{"ADDED two 102"},
			[]string{"MODIFIED one 104", "DELETED two 105"}},
		"from now on, with what is there": {"/configmaps/a", storage.ListOptions{}, []string{"ADDED one 101", "ADDED two 102"},
			[]string{"MODIFIED one 104", "DELETED two 105"}},
		"from now on, without": {"/configmaps/a", storage.ListOptions{SendInitialEvents: &no}, nil, []string{"MODIFIED one 104", "DELETED two 105"}},
		"as a list":            {"/configmaps/a", storage.ListOptions{SendInitialEvents: &yes, Predicate: storage.SelectionPredicate{AllowWatchBookmarks: true}}, []string{"ADDED one 101", "ADDED two 102", "BOOKMARK  103"}, []string{"MODIFIED one 104", "DELETED two 105"}},
		"by a label":           {"/configmaps", storage.ListOptions{Predicate: selecting("!red")}, []string{"ADDED one 101", "ADDED two 102", "ADDED three 103"}, []string{"DELETED one 104", "DELETED two 105"}},
		"by another":           {"/configmaps", storage.ListOptions{Predicate: selecting("red")}, nil, []string{"ADDED one 104"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf(t)
				s.create(configMap("a", "one"))
				s.create(configMap("a", "two"))
				s.create(configMap("b", "three"))
				c.opts.Recursive = true
				if c.opts.Predicate.Label == nil {
					c.opts.Predicate.Label, c.opts.Predicate.Field = labels.Everything(), fields.Everything()
				}
				w, err := s.Watch(t.Context(), c.key, c.opts)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.first, watched(w)); diff != "" {
					t.Error(diff)
				}
				err = s.GuaranteedUpdate(t.Context(), "/configmaps/a/one", &corev1.ConfigMap{}, false, nil, func(input runtime.Object, _ storage.ResponseMeta) (runtime.Object, *uint64, error) {
					input.(*corev1.ConfigMap).Labels = map[string]string{"red": "yes"}
					return input, nil, nil
				}, nil)
				if err != nil {
					t.Fatal(err)
				}
				s.remove("/configmaps/a/two")
				if diff := cmp.Diff(c.events, watched(w)); diff != "" {
					t.Error(diff)
				}
				w.Stop()
				if diff := cmp.Diff([]string{"end"}, watched(w)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestAQuietWatchIsToldHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		everything := storage.Everything
		everything.AllowWatchBookmarks = true
		w, err := s.Watch(t.Context(), "/configmaps/a", storage.ListOptions{ResourceVersion: "100", Recursive: true, Predicate: everything})
		if err != nil {
			t.Fatal(err)
		}
		s.create(configMap("b", "other"))
		time.Sleep(61 * time.Second)
		if diff := cmp.Diff([]string{"BOOKMARK  101"}, watched(w)); diff != "" {
			t.Error(diff)
		}
		w.Stop()
	})
}

func TestAWatchThatFellBehindIsToldToListAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		s.create(configMap("a", "one"))
		w, err := s.Watch(t.Context(), "/configmaps/a", storage.ListOptions{ResourceVersion: "101", Recursive: true, Predicate: storage.Everything})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2000 {
			s.change("/configmaps/a/one", fmt.Sprint(i))
		}
		told := watched(w)
		if diff := cmp.Diff([]string{"ERROR Expired", "end"}, told[len(told)-2:]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAWatchEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		ctx, leave := context.WithCancel(t.Context())
		w, err := s.Watch(ctx, "/configmaps/a", storage.ListOptions{ResourceVersion: "100", Recursive: true, Predicate: storage.Everything})
		if err != nil {
			t.Fatal(err)
		}
		leave()
		if diff := cmp.Diff([]string{"end"}, watched(w)); diff != "" {
			t.Error(diff)
		}
	})
}
