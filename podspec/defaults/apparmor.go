package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/podsim/podsim/podspec"
)

// appArmorFields gives containers the AppArmor profiles that the annotations of old name, unless the field of the container or of the
// pod says so already (S1.2.2). On Windows they mean nothing.
func appArmorFields(pod *corev1.Pod) {
	if os := pod.Spec.OS; os != nil && os.Name == corev1.Windows {
		return
	}
	var ofPod *corev1.AppArmorProfile
	if sc := pod.Spec.SecurityContext; sc != nil {
		ofPod = sc.AppArmorProfile
	}
	for c := range podspec.AllContainers(pod) {
		profile := AppArmorProfile(pod.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name])
		if profile == nil || c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil || equality.Semantic.DeepEqual(profile, ofPod) {
			continue
		}
		if isPaddedOrLong(profile) {
			continue
		}
		setDefaultPointer(&c.SecurityContext, corev1.SecurityContext{})
		c.SecurityContext.AppArmorProfile = profile
	}
}

// isPaddedOrLong is true for a profile of a name that the field cannot have.
func isPaddedOrLong(profile *corev1.AppArmorProfile) bool {
	name := profile.LocalhostProfile
	return name != nil && (strings.TrimSpace(*name) != *name || len(*name) > MaxAppArmorProfile)
}

// MaxAppArmorProfile is the longest name of an AppArmor profile, in bytes.
const MaxAppArmorProfile = 4095

// AppArmorProfile is the profile that an annotation of a container means; nil for one that means none.
func AppArmorProfile(annotation string) *corev1.AppArmorProfile {
	name, local := strings.CutPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
	switch {
	case annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	case annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	case local && name != "":
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &name}
	}
	return nil
}
