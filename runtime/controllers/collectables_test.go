package controllers

import (
	"reflect"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/podsim/podsim/runtime/store"
)

// Whoever adds a kind to the store decides whether its objects may own others and be owned.
func TestEveryKindIsCollectableOrMadeByTheNode(t *testing.T) {
	s := store.New(1)
	others := []string{"Event", "Endpoints", "EndpointSlice", "PersistentVolume"}
	var collectable []string
	for _, c := range (&Manager{store: s}).collectables() {
		collectable = append(collectable, c.kind.Kind)
	}
	for field, value := range reflect.ValueOf(s).Elem().Fields() {
		if !field.IsExported() {
			continue
		}
		kind := value.Interface().(interface {
			Kind() schema.GroupVersionKind
		}).Kind().Kind
		if slices.Contains(collectable, kind) == slices.Contains(others, kind) {
			t.Errorf("whether objects of kind %s may own others is not said, or twice", kind)
		}
	}
}
