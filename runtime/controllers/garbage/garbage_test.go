package garbage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/garbage"
)

var known = []schema.GroupKind{{Kind: "Pod"}, {Group: "apps", Kind: "ReplicaSet"}, {Group: "apps", Kind: "Deployment"}, {Kind: "PersistentVolumeClaim"}}

// object is one of a kind; its uid is its name.
func object(kind, name string, change ...func(*corev1.Pod)) garbage.Object {
	o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)}}
	for _, c := range change {
		c(o)
	}
	return garbage.Object{Kind: schema.GroupVersionKind{Version: "v1", Kind: kind}, Object: o}
}

func ownedBy(kind string, uid types.UID) func(*corev1.Pod) {
	version := "apps/v1"
	if kind == "Pod" {
		version = "v1"
	}
	return func(o *corev1.Pod) {
		o.OwnerReferences = append(o.OwnerReferences, metav1.OwnerReference{
			APIVersion: version, Kind: kind, Name: string(uid), UID: uid, Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)})
	}
}

func unblocking(o *corev1.Pod) { o.OwnerReferences[0].BlockOwnerDeletion = nil }

func deleted(finalizer string) func(*corev1.Pod) {
	return func(o *corev1.Pod) {
		o.DeletionTimestamp = &metav1.Time{}
		o.Finalizers = []string{finalizer}
	}
}

func TestWhatHasNoOwnerAnyMoreIsCollected(t *testing.T) {
	const foreground, orphan = metav1.FinalizerDeleteDependents, metav1.FinalizerOrphanDependents
	madeUp := workload.UID("StatefulSet", "default", "web")
	for name, test := range map[string]struct {
		objects []garbage.Object
		want    []string
	}{
		"the owner is there":                      {[]garbage.Object{object("ReplicaSet", "rs"), object("Pod", "p", ownedBy("ReplicaSet", "rs"))}, nil},
		"the owner is gone":                       {[]garbage.Object{object("Pod", "p", ownedBy("ReplicaSet", "rs"))}, []string{"delete p Background"}},
		"nobody owned it":                         {[]garbage.Object{object("Pod", "p")}, nil},
		"one of two owners is gone":               {[]garbage.Object{object("ReplicaSet", "a"), object("Pod", "p", ownedBy("ReplicaSet", "a"), ownedBy("ReplicaSet", "b"))}, []string{"disown p [b]"}},
		"the owner was only ever in a manifest":   {[]garbage.Object{object("Pod", "p", ownedBy("StatefulSet", madeUp))}, nil},
		"the owner is of a kind that is not kept": {[]garbage.Object{object("Pod", "p", ownedBy("Rollout", "r"))}, nil},
		"the claim of an ephemeral volume":        {[]garbage.Object{object("PersistentVolumeClaim", "c", ownedBy("Pod", "p"))}, nil},
		"orphans lose their owner first": {[]garbage.Object{object("ReplicaSet", "rs", deleted(orphan)), object("Pod", "p", ownedBy("ReplicaSet", "rs"))},
			[]string{"disown p [rs]"}},
		"then the owner may go": {[]garbage.Object{object("ReplicaSet", "rs", deleted(orphan)), object("Pod", "p")}, []string{"release rs orphan"}},
		"dependents go before their owner": {[]garbage.Object{object("ReplicaSet", "rs", deleted(foreground)), object("Pod", "p", ownedBy("ReplicaSet", "rs"))},
			[]string{"delete p Background"}},
		"each after its own dependents": {[]garbage.Object{object("Deployment", "d", deleted(foreground)), object("ReplicaSet", "rs", ownedBy("Deployment", "d")),
			object("Pod", "p", ownedBy("ReplicaSet", "rs"))}, []string{"delete rs Foreground"}},
		"those that do not block are not waited for": {[]garbage.Object{object("ReplicaSet", "rs", deleted(foreground)), object("Pod", "p", ownedBy("ReplicaSet", "rs"), unblocking)},
			[]string{"release rs foregroundDeletion", "delete p Background"}},
		"then the owner goes": {[]garbage.Object{object("ReplicaSet", "rs", deleted(foreground))}, []string{"release rs foregroundDeletion"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, a := range garbage.Decide(test.objects, known) {
				switch {
				case a.Delete != nil:
					got = append(got, fmt.Sprintf("delete %s %s", a.Object.GetName(), *a.Delete))
				case a.Disown != nil:
					got = append(got, fmt.Sprintf("disown %s %v", a.Object.GetName(), a.Disown))
				default:
					got = append(got, fmt.Sprintf("release %s %s", a.Object.GetName(), a.Finalizer))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), strings.Join(test.want, ", "))
			}
		})
	}
}
