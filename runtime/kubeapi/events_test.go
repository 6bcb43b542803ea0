package kubeapi_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
)

// TestRecordedEventIsOneInBothVersions has client-go's recorder tell of a pod twice, as a controller does.
func TestRecordedEventIsOneInBothVersions(t *testing.T) {
	api := serve(t)
	pod := api.havePod("a")
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: api.clients().EventsV1()})
	defer broadcaster.Shutdown()
	if err := broadcaster.StartRecordingToSinkWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	watcher, err := api.clients().CoreV1().Events("default").Watch(t.Context(), metav1.ListOptions{
		FieldSelector: "involvedObject.name=a,reason=Reloaded,reportingComponent=example.com/reloader"})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	recorder := broadcaster.NewRecorder(scheme.Scheme, "example.com/reloader")
	recorder.Eventf(pod, nil, corev1.EventTypeWarning, "Reloaded", "Reload", "settings changed: %d", 7)
	seen := (<-watcher.ResultChan()).Object.(*corev1.Event)
	if seen.Message != "settings changed: 7" || seen.Type != corev1.EventTypeWarning || seen.InvolvedObject.UID != pod.UID || seen.Action != "Reload" {
		t.Errorf("in the core group: %+v", seen)
	}
	list, err := api.clients().EventsV1().Events("").List(t.Context(), metav1.ListOptions{FieldSelector: "regarding.kind=Pod,type=Warning"})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("in events.k8s.io: %v, %v", list, err)
	}
	if e := list.Items[0]; e.UID != seen.UID || e.Note != seen.Message || e.Regarding.Name != "a" || e.ReportingController != "example.com/reloader" {
		t.Errorf("in events.k8s.io: %+v", e)
	}
	recorder.Eventf(pod, nil, corev1.EventTypeWarning, "Reloaded", "Reload", "settings changed: %d", 7)
	again := (<-watcher.ResultChan()).Object.(*corev1.Event)
	if again.UID != seen.UID || again.Series == nil || again.Series.Count != 2 {
		t.Errorf("told again: %+v", again)
	}
}

func TestEventsThatTellTooLittleAreRefused(t *testing.T) {
	api := serve(t)
	meta := metav1.ObjectMeta{Name: "e", Namespace: "default"}
	about := corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "a"}
	now := metav1.NewMicroTime(time.Now())
	for name, c := range map[string]struct {
		event eventsv1.Event
		want  string
	}{
		"no time": {eventsv1.Event{ObjectMeta: meta, Regarding: about, Type: "Normal"}, `Event "e" is invalid: eventTime: Required value`},
		"no reporter": {eventsv1.Event{ObjectMeta: meta, Regarding: about, Type: "Normal", EventTime: now, Reason: "R", Action: "A", ReportingController: "c"},
			`Event "e" is invalid: reportingInstance: Required value`},
		"an old field": {eventsv1.Event{ObjectMeta: meta, Regarding: about, Type: "Normal", EventTime: now, Reason: "R", Action: "A",
			ReportingController: "c", ReportingInstance: "i", DeprecatedCount: 3}, `Event "e" is invalid: count: Invalid value: "": needs to be unset`},
	} {
		if _, err := api.clients().EventsV1().Events("default").Create(t.Context(), &c.event, metav1.CreateOptions{}); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	elsewhere := &corev1.Event{ObjectMeta: meta, InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "team", Name: "a"}}
	_, err := api.clients().CoreV1().Events("default").Create(t.Context(), elsewhere, metav1.CreateOptions{})
	if want := `Event "e" is invalid: involvedObject.namespace: Invalid value: "team": does not match event.namespace`; err == nil || err.Error() != want {
		t.Errorf("an object elsewhere: %v, want %s", err, want)
	}
	if _, err := api.clients().EventsV1().Events("").List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=a"}); !apierrors.IsBadRequest(err) {
		t.Errorf("a selector of the other version: %v", err)
	}
}
