package kubeapi

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/validation"
)

// events are the events as a version shows them: that of the core group, or of events.k8s.io. They are the same objects.
func events(config Config, version schema.GroupVersion) *resource[*corev1.Event] {
	return &resource[*corev1.Event]{
		collection: config.Store.Events, version: version, singular: "event", shortNames: []string{"ev"}, createOnUpdate: true, uncollected: true,
		newObject: func() *corev1.Event { return &corev1.Event{} },
		newList:   func() runtime.Object { return &corev1.EventList{} },
		table:     eventTable(), fields: eventFields, labels: eventLabels[version],
		check: func(event *corev1.Event) field.ErrorList { return validation.ValidateEvent(event, version) },
		checkUpdate: func(newer, older *corev1.Event) field.ErrorList {
			return validation.ValidateEventUpdate(newer, older, version)
		},
	}
}

func eventFields(event *corev1.Event) fields.Set {
	about := event.InvolvedObject
	source := event.Source.Component
	if source == "" {
		source = event.ReportingController
	}
	return with(metadataFields(event), fields.Set{
		"involvedObject.kind":            about.Kind,
		"involvedObject.namespace":       about.Namespace,
		"involvedObject.name":            about.Name,
		"involvedObject.uid":             string(about.UID),
		"involvedObject.apiVersion":      about.APIVersion,
		"involvedObject.resourceVersion": about.ResourceVersion,
		"involvedObject.fieldPath":       about.FieldPath,
		"reason":                         event.Reason,
		"reportingComponent":             event.ReportingController,
		"source":                         source,
		"type":                           event.Type,
	})
}

// eventLabels are the names by which field selectors of a version call the fields, where these differ.
var eventLabels = map[schema.GroupVersion]map[string]string{
	eventsv1.SchemeGroupVersion: {
		"metadata.name":             "metadata.name",
		"metadata.namespace":        "metadata.namespace",
		"reason":                    "reason",
		"regarding.kind":            "involvedObject.kind",
		"regarding.namespace":       "involvedObject.namespace",
		"regarding.name":            "involvedObject.name",
		"regarding.uid":             "involvedObject.uid",
		"regarding.apiVersion":      "involvedObject.apiVersion",
		"regarding.resourceVersion": "involvedObject.resourceVersion",
		"regarding.fieldPath":       "involvedObject.fieldPath",
		"reportingController":       "reportingComponent",
		"type":                      "type",
	},
}

// addEventConversions lets events be read and written in the version of events.k8s.io.
func addEventConversions(scheme *runtime.Scheme) {
	internal(scheme, eventsv1.GroupName, &corev1.Event{}, &corev1.EventList{})
	converting(scheme, eventOfNewAPI)
	converting(scheme, eventForNewAPI)
	converting(scheme, func(from *eventsv1.EventList, to *corev1.EventList) {
		to.ListMeta, to.Items = from.ListMeta, make([]corev1.Event, len(from.Items))
		for i := range from.Items {
			eventOfNewAPI(&from.Items[i], &to.Items[i])
		}
	})
	converting(scheme, func(from *corev1.EventList, to *eventsv1.EventList) {
		to.ListMeta, to.Items = from.ListMeta, make([]eventsv1.Event, len(from.Items))
		for i := range from.Items {
			eventForNewAPI(&from.Items[i], &to.Items[i])
		}
	})
}

// converting has the scheme make one kind out of another.
func converting[F, T any](scheme *runtime.Scheme, convert func(from *F, to *T)) {
	utilruntime.Must(scheme.AddConversionFunc((*F)(nil), (*T)(nil), func(from, to any, _ conversion.Scope) error {
		convert(from.(*F), to.(*T))
		return nil
	}))
}

func eventOfNewAPI(from *eventsv1.Event, to *corev1.Event) {
	*to = corev1.Event{
		ObjectMeta: from.ObjectMeta, EventTime: from.EventTime, Reason: from.Reason, Message: from.Note, Type: from.Type, Action: from.Action,
		InvolvedObject: from.Regarding, Related: from.Related, Series: (*corev1.EventSeries)(from.Series),
		ReportingController: from.ReportingController, ReportingInstance: from.ReportingInstance,
		Source: from.DeprecatedSource, Count: from.DeprecatedCount,
		FirstTimestamp: from.DeprecatedFirstTimestamp, LastTimestamp: from.DeprecatedLastTimestamp,
	}
}

func eventForNewAPI(from *corev1.Event, to *eventsv1.Event) {
	*to = eventsv1.Event{
		ObjectMeta: from.ObjectMeta, EventTime: from.EventTime, Reason: from.Reason, Note: from.Message, Type: from.Type, Action: from.Action,
		Regarding: from.InvolvedObject, Related: from.Related, Series: (*eventsv1.EventSeries)(from.Series),
		ReportingController: from.ReportingController, ReportingInstance: from.ReportingInstance,
		DeprecatedSource: from.Source, DeprecatedCount: from.Count,
		DeprecatedFirstTimestamp: from.FirstTimestamp, DeprecatedLastTimestamp: from.LastTimestamp,
	}
}

func eventTable() table[*corev1.Event] {
	return table[*corev1.Event]{
		columns: []metav1.TableColumnDefinition{
			column("Last Seen", "Time since the event last happened."), column("Type", "Normal or Warning."),
			column("Reason", "Why the event was recorded."), column("Object", "Object that the event is about."),
			wide("Subobject", "Part of the object that the event is about."), wide("Source", "Component that recorded the event."),
			column("Message", "What happened."), wide("First Seen", "Time since the event first happened."),
			wide("Count", "How often the event happened."),
			{Name: "Name", Type: "string", Format: "name", Description: "Name of the event.", Priority: 1},
		},
		row: func(event *corev1.Event, now time.Time) metav1.TableRow {
			first, last, count := occurrences(event)
			source := event.Source.Component
			if source == "" {
				source = event.ReportingController
			}
			if event.Source.Host != "" {
				source += ", " + event.Source.Host
			}
			return cells(since(last, now), event.Type, event.Reason, strings.ToLower(event.InvolvedObject.Kind)+"/"+event.InvolvedObject.Name,
				event.InvolvedObject.FieldPath, source, strings.TrimSpace(event.Message), since(first, now), fmt.Sprint(count), event.Name)
		},
	}
}

// occurrences tells when an event happened first and last, and how often, for events of both generations of the API.
func occurrences(event *corev1.Event) (first, last time.Time, count int32) {
	first, last, count = event.FirstTimestamp.Time, event.LastTimestamp.Time, max(event.Count, 1)
	if first.IsZero() {
		first = event.EventTime.Time
	}
	if last.IsZero() {
		last = first
	}
	if event.Series != nil {
		last, count = event.Series.LastObservedTime.Time, event.Series.Count
	}
	return first, last, count
}
