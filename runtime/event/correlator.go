package event

import (
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
)

// Limits of client-go's recorder (S15.2).
const (
	// maxKnown is how many different events, and groups of similar ones, are remembered.
	maxKnown = 4096
	// From maxSimilar messages on that come within similarSeconds of each other, events that differ in nothing else become one.
	maxSimilar, similarSeconds = 10, 600
	// burst is how many events of a pod of each type are kept at once; after them one every five minutes.
	burst, perSecond = 25, 1. / 300.
)

// correlator merges events as client-go's correlator does, of whose parts it is made; only the patches of merged events, which nobody
// asks for here and which cost more than all the rest, are not computed.
type correlator struct {
	aggregator *record.EventAggregator
	filter     *record.EventSourceObjectSpamFilter

	mu   sync.Mutex
	seen *lru.Cache // sighting by key
}

// sighting is what is remembered of an event.
type sighting struct {
	name  string
	first metav1.Time
	count int32
}

// newCorrelator makes a correlator that merges from so many similar events on, and keeps so many of a pod and type at once.
func newCorrelator(clock clock.PassiveClock, maxSimilar, burst int) *correlator {
	return &correlator{
		aggregator: record.NewEventAggregator(maxKnown, record.EventAggregatorByReasonFunc, record.EventAggregatorByReasonMessageFunc,
			maxSimilar, similarSeconds, clock),
		filter: record.NewEventSourceObjectSpamFilter(maxKnown, burst, perSecond, clock, spamKey),
		seen:   lru.New(maxKnown),
	}
}

// spamKey is alike for the events of one pod and type.
func spamKey(e *corev1.Event) string {
	o := e.InvolvedObject
	return strings.Join([]string{e.Source.Component, e.Source.Host, o.Kind, o.Namespace, o.Name, string(o.UID), o.APIVersion, e.Type}, "")
}

// correlate returns the event to be stored: with a count above 1 it takes the place of an earlier one of the same name. An event that
// is one too many is not kept.
func (c *correlator) correlate(e *corev1.Event) (merged *corev1.Event, keep bool) {
	similar, key := c.aggregator.EventAggregate(e)
	merged = c.count(similar, key)
	return merged, !c.filter.Filter(merged)
}

// count is the event with what is remembered of it.
func (c *correlator) count(e *corev1.Event, key string) *corev1.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	counted := *e
	if known, ok := c.seen.Get(key); ok {
		last := known.(sighting)
		counted.Name, counted.FirstTimestamp, counted.Count = last.name, last.first, last.count+1
	}
	c.seen.Add(key, sighting{name: counted.Name, first: counted.FirstTimestamp, count: counted.Count})
	return &counted
}
