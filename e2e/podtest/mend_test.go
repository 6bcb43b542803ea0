package podtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/podsim/podsim/runtime/fault"
)

// fakeFaults are faults of which some end by themselves when the others are about to be cleared.
type fakeFaults struct {
	lasting []string
	ending  []string
	broken  error // of Clear
}

func (f *fakeFaults) List(context.Context) (lasting []fault.Fault, err error) {
	for _, id := range f.lasting {
		lasting = append(lasting, fault.Fault{ID: id})
	}
	return lasting, nil
}

func (f *fakeFaults) Clear(_ context.Context, ids ...string) ([]fault.Fault, error) {
	f.end(f.ending)
	f.ending = nil
	for _, id := range ids {
		if !slices.Contains(f.lasting, id) {
			return nil, fmt.Errorf("there is no fault %s", id)
		}
	}
	if f.broken != nil {
		return nil, f.broken
	}
	f.end(ids)
	return nil, nil
}

func (f *fakeFaults) end(ids []string) {
	f.lasting = slices.DeleteFunc(f.lasting, func(id string) bool { return slices.Contains(ids, id) })
}

func TestAFaultThatEndsByItselfIsMended(t *testing.T) {
	broken := errors.New("broken")
	for _, row := range []struct {
		name   string
		faults fakeFaults
		left   []string
		err    error
	}{
		{"all last", fakeFaults{lasting: []string{"a", "b", "other"}}, []string{"other"}, nil},
		{"one ends", fakeFaults{lasting: []string{"a", "b", "other"}, ending: []string{"a"}}, []string{"other"}, nil},
		{"all end", fakeFaults{lasting: []string{"a", "b", "other"}, ending: []string{"a", "b"}}, []string{"other"}, nil},
		{"none is meant", fakeFaults{lasting: []string{"other"}, broken: broken}, []string{"other"}, nil},
		{"they cannot be ended", fakeFaults{lasting: []string{"a", "b"}, broken: broken}, []string{"a", "b"}, broken},
		{"one ends, and the other cannot be", fakeFaults{lasting: []string{"a", "b"}, ending: []string{"a"}, broken: broken},
			[]string{"b"}, broken},
	} {
		err := mend(t.Context(), &row.faults, func(f fault.Fault) bool { return f.ID != "other" })
		if !errors.Is(err, row.err) || (err == nil) != (row.err == nil) || !slices.Equal(row.faults.lasting, row.left) {
			t.Errorf("%s: left are %q, error %v", row.name, row.faults.lasting, err)
		}
	}
}
