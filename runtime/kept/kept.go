// Package kept keeps the objects of a store in a directory, so that they outlive the process: a file for each object, which is replaced
// as a whole.
//
//	keeper := kept.New(dir, objects, []kept.Collection{kept.Of(objects.ConfigMaps, nil)}, log)
//	err := keeper.Load()            // what an earlier process kept is in the store again
//	go keeper.Run(ctx, true)        // what changes is written
//	err = keeper.Close(true)        // the rest is written; an empty directory goes
//
// A change is on its way to its file as soon as it is made, and when changes come thick and fast, a twentieth of a second later, unless
// somebody waits for it (Keeper.Await): it survives a process that is killed then. Files are not forced to the disk. They survive the process
// and not the failure of the machine, and the state directories of nodes lie where that would end them anyway.
//
// A file that cannot be read is named in the log and moved aside, and the others are loaded. What others have kept in the directory, as a
// newer podsim its kinds, is left alone.
//
// It knows files and the store, and nothing of pods or of what the objects mean.
package kept

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/store"
)

// Collection is the objects of one kind that are to be kept. Of makes one.
type Collection interface {
	// Resource is the plural name and the group of the kind, such as leases.coordination.k8s.io.
	Resource() string
	// worth reports whether an object of the kind is to be kept.
	worth(object any) bool
	// newest is the version of the newest change.
	newest() uint64
	// kept are the objects as they are now.
	kept() []object
	// decode reads an object back and returns its key. put stores it.
	decode(content []byte) (key types.NamespacedName, version uint64, put func(), err error)
}

// object is one object that is to be kept.
type object struct {
	key     types.NamespacedName
	version uint64
	encode  func() ([]byte, error)
}

// Of is a collection of a store. Only those objects are kept that are wanted; nil means all.
func Of[T store.Object[T]](collection *store.Collection[T], wanted func(T) bool) Collection {
	return of[T]{collection, wanted}
}

type of[T store.Object[T]] struct {
	collection *store.Collection[T]
	wanted     func(T) bool
}

func (o of[T]) Resource() string { return o.collection.Resource().String() }

func (o of[T]) worth(object any) bool {
	one, ok := object.(T)
	return ok && (o.wanted == nil || o.wanted(one))
}

func (o of[T]) newest() uint64 { return o.collection.Newest() }

func (o of[T]) kept() []object {
	all, _ := o.collection.List("")
	var kept []object
	for _, one := range all {
		if o.worth(one) {
			kept = append(kept, object{store.KeyOf(one), store.VersionOf(one), func() ([]byte, error) { return json.Marshal(one) }})
		}
	}
	return kept
}

func (o of[T]) decode(content []byte) (types.NamespacedName, uint64, func(), error) {
	var one, none T
	if err := json.Unmarshal(content, &one); err != nil {
		return types.NamespacedName{}, 0, nil, err
	}
	if any(one) == any(none) {
		return types.NamespacedName{}, 0, nil, errors.New("it holds no object")
	}
	if kind := one.GetObjectKind().GroupVersionKind(); kind != o.collection.Kind() {
		return types.NamespacedName{}, 0, nil, fmt.Errorf("it holds an object of %v", kind)
	}
	return store.KeyOf(one), store.VersionOf(one), func() { o.collection.Restore(one) }, nil
}
