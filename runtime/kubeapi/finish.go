package kubeapi

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/podspec/validation"
)

// finishPod refuses what an API server would refuse and what podsim cannot run. Fields whose features are off go without a word, as in
// an API server (S0.9).
func finishPod(gates podspec.FeatureGates) func(*corev1.Pod) field.ErrorList {
	return func(pod *corev1.Pod) field.ErrorList {
		refused, unsupported := manifest.AdmitPod(pod, gates)
		return append(refused, unsupported...)
	}
}

func finishSecret(secret *corev1.Secret) field.ErrorList {
	defaults.Secret(secret)
	return validation.ValidateSecret(secret)
}

func finishSecretUpdate(newer, older *corev1.Secret) field.ErrorList {
	defaults.Secret(newer)
	return validation.ValidateSecretUpdate(newer, older)
}

func finishClaim(claim *corev1.PersistentVolumeClaim) field.ErrorList {
	defaults.Claim(claim)
	return validation.ValidateClaim(claim)
}

func finishClaimUpdate(newer, older *corev1.PersistentVolumeClaim) field.ErrorList {
	defaults.Claim(newer)
	return validation.ValidateClaimUpdate(newer, older)
}
