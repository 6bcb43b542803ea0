package job

import (
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// noIndex is what a pod has that belongs to no index of its Job.
const noIndex = -1

// indexOf is the completion index of a pod, noIndex if it has none that makes sense.
func indexOf(pod *corev1.Pod) int {
	index, err := strconv.Atoi(pod.Annotations[batchv1.JobCompletionIndexAnnotation])
	if err != nil || index < 0 {
		return noIndex
	}
	return index
}

// span is a run of indexes, both ends included.
type span struct{ first, last int }

// indexes is a set of completion indexes: spans in rising order that neither touch nor overlap.
type indexes []span

// parseIndexes reads a set as a Job's status and success policy have it, such as "1,3-5,7". Indexes from completions on, which a Job has
// no more after it was scaled down, and what makes no sense are left out.
func parseIndexes(text string, completions int) indexes {
	var set indexes
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if last = min(last, completions-1); err1 == nil && err2 == nil && first >= 0 && first <= last {
			set = append(set, span{first, last})
		}
	}
	return set.normal()
}

// indexesOf are the indexes of pods, as far as they have any.
func indexesOf(pods []*corev1.Pod) indexes {
	var set indexes
	for _, pod := range pods {
		if i := indexOf(pod); i != noIndex {
			set = append(set, span{i, i})
		}
	}
	return set.normal()
}

// union are the indexes of any of the sets.
func union(sets ...indexes) indexes { return slices.Concat(sets...).normal() }

// normal sorts the spans and joins those that touch.
func (s indexes) normal() indexes {
	slices.SortFunc(s, func(a, b span) int { return a.first - b.first })
	var joined indexes
	for _, next := range s {
		if n := len(joined); n > 0 && next.first <= joined[n-1].last+1 {
			joined[n-1].last = max(joined[n-1].last, next.last)
		} else {
			joined = append(joined, next)
		}
	}
	return joined
}

// count is how many indexes the set has.
func (s indexes) count() int {
	n := 0
	for _, in := range s {
		n += in.last - in.first + 1
	}
	return n
}

func (s indexes) has(index int) bool {
	_, found := slices.BinarySearchFunc(s, index, func(in span, index int) int {
		switch {
		case in.last < index:
			return -1
		case in.first > index:
			return 1
		}
		return 0
	})
	return found
}

// overlap is how many indexes two sets have in common.
func (s indexes) overlap(other indexes) int {
	return s.count() + other.count() - union(s, other).count()
}

// missing are the lowest indexes below completions that the set lacks, at most so many.
func (s indexes) missing(most, completions int) []int {
	var lacking []int
	next := 0
	for _, in := range append(slices.Clone(s), span{completions, completions}) {
		for ; next < min(in.first, completions) && len(lacking) < most; next++ {
			lacking = append(lacking, next)
		}
		next = max(next, in.last+1)
	}
	return lacking
}

// String is the set as a Job's status has it: a run of three or more with a dash between its ends.
func (s indexes) String() string {
	var parts []string
	for _, in := range s {
		first, last := strconv.Itoa(in.first), strconv.Itoa(in.last)
		switch in.last - in.first {
		case 0:
			parts = append(parts, first)
		case 1:
			parts = append(parts, first, last)
		default:
			parts = append(parts, first+"-"+last)
		}
	}
	return strings.Join(parts, ",")
}
