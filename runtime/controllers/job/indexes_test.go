package job

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

func TestParseIndexes(t *testing.T) {
	for _, test := range []struct {
		text        string
		completions int
		want        string
	}{
		{"", 10, ""},
		{"0", 10, "0"},
		{"1,2", 10, "1,2"},
		{"1-2,3", 10, "1-3"},
		{"1,3-5,7", 10, "1,3-5,7"},
		{"1,3-5,7", 5, "1,3,4"},
		{"1,3-5,7", 0, ""},
		{"1,x,3-y,4", 10, "1,4"},
		{"0-99999", 100000, "0-99999"},
	} {
		if got := parseIndexes(test.text, test.completions).String(); got != test.want {
			t.Errorf("%q below %d: %q, want %q", test.text, test.completions, got, test.want)
		}
	}
}

func TestMissingIndexes(t *testing.T) {
	for _, test := range []struct {
		taken             string
		most, completions int
		want              []int
	}{
		{"", 2, 5, []int{0, 1}},
		{"0,1", 2, 5, []int{2, 3}},
		{"1,3", 5, 5, []int{0, 2, 4}},
		{"0-4", 5, 5, nil},
		{"2", 0, 5, nil},
		{"0,7", 3, 3, []int{1, 2}},
	} {
		got := parseIndexes(test.taken, 1000).missing(test.most, test.completions)
		if !slices.Equal(got, test.want) {
			t.Errorf("%d of %d without %s: %v, want %v", test.most, test.completions, test.taken, got, test.want)
		}
	}
}

// The set does what a plain map of numbers does.
func TestIndexesAreASet(t *testing.T) {
	const completions = 40
	for seed := range int64(500) {
		random := rand.New(rand.NewSource(seed))
		draw := func() (indexes, map[int]bool) {
			var set indexes
			model := map[int]bool{}
			for range random.Intn(12) {
				i := random.Intn(completions)
				set, model[i] = union(set, indexes{{i, i}}), true
			}
			return set, model
		}
		a, inA := draw()
		b, inB := draw()
		both, common := union(a, b), 0
		for i := range completions {
			if both.has(i) != (inA[i] || inB[i]) || a.has(i) != inA[i] {
				t.Fatalf("seed %d: wrong about %d: %s and %s make %s", seed, i, a, b, both)
			}
			if inA[i] && inB[i] {
				common++
			}
		}
		if a.count() != len(inA) || a.overlap(b) != common {
			t.Fatalf("seed %d: %s has %d, and %d in common with %s; want %d and %d", seed, a, a.count(), a.overlap(b), b, len(inA), common)
		}
		if again := parseIndexes(both.String(), completions); !slices.Equal(again, both) {
			t.Fatalf("seed %d: %s is read as %s", seed, both, again)
		}
		lacking := both.missing(completions, completions)
		if len(lacking)+both.count() != completions || slices.ContainsFunc(lacking, both.has) {
			t.Fatalf("seed %d: %s lacks %v", seed, both, fmt.Sprint(lacking))
		}
	}
}
