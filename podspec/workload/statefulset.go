package workload

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
)

// makeStatefulSet makes pods with an identity each: a name and host name that count up, the governing Service's name as
// subdomain, and claims of their own.
func makeStatefulSet(set *appsv1.StatefulSet, asked int) Made {
	n, noPods := number(asked, "spec.replicas", set.Spec.Replicas)
	made := Made{Owner: set.UID, NoPods: noPods}
	start := 0
	if set.Spec.Ordinals != nil {
		start = int(set.Spec.Ordinals.Start)
	}
	for ordinal := start; ordinal < start+n; ordinal++ {
		pod, claims := StatefulPod(set, ordinal)
		made.Claims = append(made.Claims, claims...)
		made.Pods = append(made.Pods, pod)
	}
	return made
}

// StatefulPod is the pod of a StatefulSet with that ordinal, and its claims.
func StatefulPod(set *appsv1.StatefulSet, ordinal int) (*corev1.Pod, []*corev1.PersistentVolumeClaim) {
	pod := podOf(&set.Spec.Template, set, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))
	pod.Name = fmt.Sprintf("%s-%d", set.Name, ordinal)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, appsv1.StatefulSetPodNameLabel, pod.Name)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, appsv1.PodIndexLabel, strconv.Itoa(ordinal))
	metav1.SetMetaDataLabel(&pod.ObjectMeta, appsv1.StatefulSetRevisionLabel, StatefulRevision(set))
	pod.Spec.Hostname = pod.Name
	pod.Spec.Subdomain = set.Spec.ServiceName
	claims := claimsOf(set, ordinal)
	pod.Spec.Volumes = volumesWithClaims(set, claims, pod.Spec.Volumes)
	return pod, claims
}

// claimsOf are the claims of one pod, in the order of their templates.
func claimsOf(set *appsv1.StatefulSet, ordinal int) []*corev1.PersistentVolumeClaim {
	var claims []*corev1.PersistentVolumeClaim
	for i := range set.Spec.VolumeClaimTemplates {
		claim := set.Spec.VolumeClaimTemplates[i].DeepCopy()
		claim.APIVersion, claim.Kind = "v1", "PersistentVolumeClaim"
		claim.Name = fmt.Sprintf("%s-%s-%d", claim.Name, set.Name, ordinal)
		claim.Namespace = set.Namespace
		if claim.Labels == nil {
			claim.Labels = map[string]string{}
		}
		maps.Copy(claim.Labels, set.Spec.Selector.MatchLabels)
		claims = append(claims, claim)
	}
	return claims
}

// volumesWithClaims puts a volume for each claim before those of the template, of which it takes the place when they share a name.
func volumesWithClaims(set *appsv1.StatefulSet, claims []*corev1.PersistentVolumeClaim, volumes []corev1.Volume) []corev1.Volume {
	var all []corev1.Volume
	for i, claim := range claims {
		all = append(all, corev1.Volume{Name: set.Spec.VolumeClaimTemplates[i].Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name},
		}})
	}
	for _, v := range volumes {
		if !slices.ContainsFunc(all[:len(claims)], func(own corev1.Volume) bool { return own.Name == v.Name }) {
			all = append(all, v)
		}
	}
	return all
}

// StatefulRevision is the name of the first ControllerRevision of a StatefulSet: it ends in the hash of the patch that would bring the
// template back, and of the number 0 of collisions.
func StatefulRevision(set *appsv1.StatefulSet) string {
	template, err := jsonMap(set.Spec.Template)
	if err != nil {
		return set.Name // not for anything that came from JSON
	}
	template["$patch"] = "replace"
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
	if err != nil {
		return set.Name
	}
	hash := fnv.New32()
	hash.Write(patch)
	hash.Write([]byte("0"))
	const maxPrefix = 223 // as in a cluster, so that the end fits
	return set.Name[:min(len(set.Name), maxPrefix)] + "-" + rand.SafeEncodeString(fmt.Sprint(hash.Sum32()))
}

// jsonMap is an object as a map of what its JSON form holds.
func jsonMap(object any) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	return fields, json.Unmarshal(text, &fields)
}
