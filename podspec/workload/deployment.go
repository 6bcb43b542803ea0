package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// makeDeployment makes the pods of the ReplicaSet that the Deployment would make first.
func makeDeployment(d *appsv1.Deployment, asked int) Made {
	hash := hashOf(&d.Spec.Template)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:      d.Name[:min(len(d.Name), validation.DNS1123SubdomainMaxLength-1-len(hash))] + "-" + hash,
			Namespace: d.Namespace,
			UID:       UID("ReplicaSet of a Deployment", d.Namespace, d.Name),
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: d.Spec.Replicas, Template: *d.Spec.Template.DeepCopy()},
	}
	metav1.SetMetaDataLabel(&rs.Spec.Template.ObjectMeta, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	return makeReplicaSet(rs, asked)
}

func makeReplicaSet(rs *appsv1.ReplicaSet, asked int) Made {
	n, noPods := number(asked, "spec.replicas", rs.Spec.Replicas)
	return Made{
		Owner:  rs.UID,
		Pods:   podsOf(&rs.Spec.Template, rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), n),
		NoPods: noPods,
	}
}
