package workload

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
)

// makeDeployment makes the pods of the ReplicaSet that the Deployment would make first.
func makeDeployment(d *appsv1.Deployment, asked int) Made {
	rs := ReplicaSet(d)
	rs.UID = UID("ReplicaSet of a Deployment", d.Namespace, d.Name)
	return makeReplicaSet(rs, asked)
}

// ReplicaSet is the one that a Deployment has for its template: with as many pods as the Deployment wants, and with no annotations.
func ReplicaSet(d *appsv1.Deployment) *appsv1.ReplicaSet {
	hash := TemplateHash(&d.Spec.Template, d.Status.CollisionCount)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:            d.Name[:min(len(d.Name), validation.DNS1123SubdomainMaxLength-1-len(hash))] + "-" + hash,
			Namespace:       d.Namespace,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: d.Spec.Replicas, MinReadySeconds: d.Spec.MinReadySeconds,
			Template: *d.Spec.Template.DeepCopy(),
		},
	}
	metav1.SetMetaDataLabel(&rs.Spec.Template.ObjectMeta, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	rs.Labels = maps.Clone(rs.Spec.Template.Labels)
	selector := ptr.Deref(d.Spec.Selector, metav1.LabelSelector{}) // one that was validated has one
	rs.Spec.Selector = metav1.CloneSelectorAndAddLabel(&selector, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	return rs
}

func makeReplicaSet(rs *appsv1.ReplicaSet, asked int) Made {
	n, noPods := number(asked, "spec.replicas", rs.Spec.Replicas)
	return Made{
		Owner:  rs.UID,
		Pods:   podsOf(&rs.Spec.Template, rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), n),
		NoPods: noPods,
	}
}
