package main

import (
	"fmt"
	"slices"
	"time"
)

// print writes both medians and their ratio.
func (r rounds) print(title string) {
	floor, podsim := median(r.floorOf(func(s floorSteps) time.Duration { return s.Total })), median(r.podsim)
	fmt.Printf("%s (medians of %d): floor %s, podsim %s, ratio %.2f\n",
		title, len(r.podsim), milliseconds(floor), milliseconds(podsim), float64(podsim)/float64(floor))
}

// printFloorSteps writes where the floor's time goes.
func (r rounds) printFloorSteps() {
	for _, step := range []struct {
		name string
		of   func(floorSteps) time.Duration
	}{
		{"create the sandbox", func(s floorSteps) time.Duration { return s.CreateSandbox }},
		{"start the sandbox, members created meanwhile", func(s floorSteps) time.Duration { return s.StartSandbox + s.CreateMembers }},
		{"start the init container", func(s floorSteps) time.Duration { return s.StartInit }},
		{"wait for the init container", func(s floorSteps) time.Duration { return s.WaitInit }},
		{"start the first container", func(s floorSteps) time.Duration { return s.StartFirst }},
		{"start the second container", func(s floorSteps) time.Duration { return s.StartSecond }},
	} {
		fmt.Printf("  floor: %-46s %s\n", step.name, milliseconds(median(r.floorOf(step.of))))
	}
}

func (r rounds) floorOf(part func(floorSteps) time.Duration) []time.Duration {
	out := make([]time.Duration, len(r.floor))
	for i, steps := range r.floor {
		out[i] = part(steps)
	}
	return out
}

// median returns the middle of the values, the lower one of the two when their number is even. It panics without values.
func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}
