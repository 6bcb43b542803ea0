package validation

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// How many characters the texts of an event with an eventTime may have.
const (
	maxEventWord = 128
	maxEventNote = 1024
)

// ValidateEvent returns what the API server finds wrong with an event that a client sends in the version: that of the core group, or of
// events.k8s.io, which is stricter.
func ValidateEvent(event *corev1.Event, version schema.GroupVersion) field.ErrorList {
	errs := validateEventOrigin(event, version)
	if version != eventsv1.SchemeGroupVersion {
		return errs
	}
	errs = append(errs, validateMetadata(&event.ObjectMeta)...)
	errs = append(errs, validateEventSeries(event.Series)...)
	if event.EventTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("eventTime"), ""))
	}
	if event.Type != corev1.EventTypeNormal && event.Type != corev1.EventTypeWarning {
		errs = append(errs, field.Invalid(field.NewPath("type"), "", "has invalid value: "+event.Type))
	}
	for _, deprecated := range []struct {
		name  string
		isSet bool
	}{
		{"firstTimestamp", !event.FirstTimestamp.IsZero()}, {"lastTimestamp", !event.LastTimestamp.IsZero()},
		{"count", event.Count != 0}, {"source", event.Source != corev1.EventSource{}},
	} {
		if deprecated.isSet {
			errs = append(errs, field.Invalid(field.NewPath(deprecated.name), "", "needs to be unset"))
		}
	}
	return errs
}

// ValidateEventUpdate returns what the API server finds wrong with an event that is to take the place of an older one.
func ValidateEventUpdate(newer, older *corev1.Event, version schema.GroupVersion) field.ErrorList {
	errs := validateEventOrigin(newer, version)
	if version != eventsv1.SchemeGroupVersion {
		return errs
	}
	errs = append(errs, apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
	if !equality.Semantic.DeepEqual(newer.Series, older.Series) {
		errs = append(errs, validateEventSeries(newer.Series)...)
	}
	for _, f := range []struct {
		name         string
		newer, older any
	}{
		{"involvedObject", newer.InvolvedObject, older.InvolvedObject}, {"reason", newer.Reason, older.Reason},
		{"message", newer.Message, older.Message}, {"source", newer.Source, older.Source},
		{"firstTimestamp", newer.FirstTimestamp, older.FirstTimestamp}, {"lastTimestamp", newer.LastTimestamp, older.LastTimestamp},
		{"count", newer.Count, older.Count}, {"type", newer.Type, older.Type},
		{"eventTime", microseconds(newer.EventTime), microseconds(older.EventTime)}, {"action", newer.Action, older.Action},
		{"related", newer.Related, older.Related}, {"reportingController", newer.ReportingController, older.ReportingController},
		{"reportingInstance", newer.ReportingInstance, older.ReportingInstance},
	} {
		errs = append(errs, apivalidation.ValidateImmutableField(f.newer, f.older, field.NewPath(f.name))...)
	}
	return errs
}

// microseconds is a time as clients send it back: finer parts get lost on the way.
func microseconds(t metav1.MicroTime) metav1.MicroTime {
	return metav1.NewMicroTime(t.Truncate(time.Microsecond).UTC())
}

// validateEventOrigin checks what every event must tell: where its object is and, if it has an eventTime, who reports what.
func validateEventOrigin(event *corev1.Event, version schema.GroupVersion) field.ErrorList {
	var errs field.ErrorList
	about := event.InvolvedObject.Namespace
	elsewhere := field.Invalid(field.NewPath("involvedObject", "namespace"), about, "does not match event.namespace")
	if event.EventTime.IsZero() {
		unbound := event.Namespace == metav1.NamespaceNone || event.Namespace == metav1.NamespaceDefault
		if about == "" && !unbound || about != "" && about != event.Namespace {
			errs = append(errs, elsewhere)
		}
		return errs
	}
	if about == "" && event.Namespace != metav1.NamespaceDefault && event.Namespace != metav1.NamespaceSystem {
		errs = append(errs, elsewhere)
	}
	controller := field.NewPath("reportingController")
	if version == corev1.SchemeGroupVersion {
		controller = field.NewPath("reportingComponent")
	}
	if event.ReportingController == "" {
		errs = append(errs, field.Required(controller, ""))
	}
	errs = append(errs, invalid(controller, event.ReportingController, validation.IsQualifiedName(event.ReportingController))...)
	for _, word := range []struct{ name, value string }{
		{"reportingInstance", event.ReportingInstance}, {"action", event.Action}, {"reason", event.Reason},
	} {
		if word.value == "" {
			errs = append(errs, field.Required(field.NewPath(word.name), ""))
		}
		errs = append(errs, validateEventText(word.name, word.value, maxEventWord)...)
	}
	return append(errs, validateEventText("message", event.Message, maxEventNote)...)
}

func validateEventText(name, value string, limit int) field.ErrorList {
	if len(value) <= limit {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath(name), "", fmt.Sprintf("can have at most %v characters", limit))}
}

func validateEventSeries(series *corev1.EventSeries) field.ErrorList {
	if series == nil {
		return nil
	}
	var errs field.ErrorList
	if series.Count < 2 {
		errs = append(errs, field.Invalid(field.NewPath("series.count"), "", "should be at least 2"))
	}
	if series.LastObservedTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("series.lastObservedTime"), ""))
	}
	return errs
}
