package workload

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/utils/dump"
)

// podOf is a pod of a template, for a controller, without a name of its own yet. Of the template's metadata a pod gets labels,
// annotations and finalizers.
func podOf(template *corev1.PodTemplateSpec, controller metav1.Object, kind schema.GroupVersionKind) *corev1.Pod {
	own := template.DeepCopy()
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			GenerateName:    generateName(controller.GetName()),
			Namespace:       controller.GetNamespace(),
			Labels:          own.Labels,
			Annotations:     own.Annotations,
			Finalizers:      own.Finalizers,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(controller, kind)},
		},
		Spec: own.Spec,
	}
}

// podsOf are n pods of a template that differ by their names alone.
func podsOf(template *corev1.PodTemplateSpec, controller metav1.Object, kind schema.GroupVersionKind, n int) []*corev1.Pod {
	var pods []*corev1.Pod
	for i := range n {
		pod := podOf(template, controller, kind)
		pod.Name = GeneratedName(pod.GenerateName, seed(controller, i))
		pods = append(pods, pod)
	}
	return pods
}

// Pod is a pod of a template, for a controller, without a name of its own yet. Of the template's metadata a pod gets labels,
// annotations and finalizers.
func Pod(template *corev1.PodTemplateSpec, controller metav1.Object, kind schema.GroupVersionKind) *corev1.Pod {
	return podOf(template, controller, kind)
}

// TemplateHash is the hash of a template that stands in names and labels. It is a cluster's own: of the form in which controllers get
// the template, which has been through protobuf and so knows no empty lists and maps, printed field by field.
//
// A controller has met so many other templates with the same hash; nil and 0 differ.
func TemplateHash(template *corev1.PodTemplateSpec, collisions *int32) string {
	var received corev1.PodTemplateSpec
	if encoded, err := template.Marshal(); err != nil || received.Unmarshal(encoded) != nil {
		received = *template.DeepCopy() // strings that are no UTF-8 have no protobuf form
	}
	hash := fnv.New32a()
	fmt.Fprint(hash, dump.ForHash(received))
	if collisions != nil {
		number := make([]byte, 8)
		binary.LittleEndian.PutUint32(number, uint32(*collisions))
		hash.Write(number)
	}
	return rand.SafeEncodeString(fmt.Sprint(hash.Sum32()))
}
