package validation

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidateStatefulSet returns what the API server finds wrong with a defaulted StatefulSet. Its name must be a DNS label: the pods
// have it in their host names.
func ValidateStatefulSet(s *appsv1.StatefulSet, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &s.Spec, field.NewPath("spec")
	errs := validateMetadataNamed(&s.ObjectMeta, apivalidation.NameIsDNSLabel)
	if policy := spec.PodManagementPolicy; policy != appsv1.OrderedReadyPodManagement && policy != appsv1.ParallelPodManagement {
		errs = append(errs, field.Invalid(path.Child("podManagementPolicy"), policy, "must be 'OrderedReady' or 'Parallel'"))
	}
	errs = append(errs, validateStatefulSetStrategy(&spec.UpdateStrategy, path.Child("updateStrategy"))...)
	if policy := spec.PersistentVolumeClaimRetentionPolicy; policy != nil {
		at := path.Child("persistentVolumeClaimRetentionPolicy")
		errs = append(errs, validateRetention(policy.WhenDeleted, at.Child("whenDeleted"))...)
		errs = append(errs, validateRetention(policy.WhenScaled, at.Child("whenScaled"))...)
	}
	for i := range spec.VolumeClaimTemplates {
		at := path.Child("volumeClaimTemplates").Index(i).Child("spec")
		errs = append(errs, validateClaimSpec(&spec.VolumeClaimTemplates[i].Spec, at)...)
	}
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"replicas", spec.Replicas},
		namedNumber[int32]{"minReadySeconds", &spec.MinReadySeconds})...)
	if spec.Ordinals != nil {
		errs = append(errs, validateNonNegative(path, namedNumber[int32]{"ordinals.start", &spec.Ordinals.Start})...)
	}
	if spec.ServiceName != "" {
		errs = append(errs, validateDNSLabel(path.Child("serviceName"), spec.ServiceName)...)
	}
	errs = append(errs, validatePodSelector(spec.Selector, "statefulset", path.Child("selector"))...)
	errs = append(errs, validateStatefulTemplate(spec, gates, path)...)
	errs = append(errs, validateRunsForever(&spec.Template.Spec, "StatefulSet", path.Child("template", "spec"))...)
	return withoutRepeats(errs)
}

// validateStatefulTemplate checks the template as the controller will use it, if the selector can be read.
func validateStatefulTemplate(spec *appsv1.StatefulSetSpec, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	at, used := path.Child("template"), templateInUse(spec)
	selector, err := metav1.LabelSelectorAsSelector(spec.Selector)
	if err != nil {
		return field.ErrorList{field.Invalid(path.Child("selector"), spec.Selector, "")}
	}
	var errs field.ErrorList
	if !selector.Empty() {
		errs = validateSelects(spec.Selector, used.Labels, at)
	}
	return append(errs, validateTemplate(used, gates, at)...)
}

// templateInUse is the template without what the controller writes over, host name and subdomain, and with the volumes of the claims
// that it makes, which take the place of others of the same name.
func templateInUse(spec *appsv1.StatefulSetSpec) *corev1.PodTemplateSpec {
	t := spec.Template.DeepCopy()
	t.Spec.Hostname, t.Spec.Subdomain = "", ""
	if len(spec.VolumeClaimTemplates) == 0 {
		return t
	}
	var volumes []corev1.Volume
	has := func(name string) bool {
		return slices.ContainsFunc(volumes, func(v corev1.Volume) bool { return v.Name == name })
	}
	for _, claim := range spec.VolumeClaimTemplates {
		if !has(claim.Name) {
			volumes = append(volumes, corev1.Volume{Name: claim.Name, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name},
			}})
		}
	}
	own := slices.DeleteFunc(t.Spec.Volumes, func(v corev1.Volume) bool { return has(v.Name) })
	t.Spec.Volumes = append(volumes, own...)
	return t
}

// serverStatefulSetStrategy is the form in which the API server prints a strategy, and below it the numbers of an update.
type serverStatefulSetStrategy struct {
	Type          appsv1.StatefulSetUpdateStrategyType
	RollingUpdate *serverStatefulSetUpdate
}

type serverStatefulSetUpdate struct {
	Partition      int32
	MaxUnavailable *intstr.IntOrString
}

func validateStatefulSetStrategy(strategy *appsv1.StatefulSetUpdateStrategy, path *field.Path) field.ErrorList {
	printed := serverStatefulSetStrategy{Type: strategy.Type}
	rolling := strategy.RollingUpdate
	if rolling != nil {
		printed.RollingUpdate = &serverStatefulSetUpdate{MaxUnavailable: rolling.MaxUnavailable}
		if rolling.Partition != nil {
			printed.RollingUpdate.Partition = *rolling.Partition
		}
	}
	at := path.Child("rollingUpdate")
	switch strategy.Type {
	case appsv1.OnDeleteStatefulSetStrategyType:
		if rolling != nil {
			return field.ErrorList{field.Invalid(at, printed.RollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")}
		}
		return nil
	case appsv1.RollingUpdateStatefulSetStrategyType:
		if rolling == nil {
			return nil
		}
		errs := validateNonNegative(at, namedNumber[int32]{"partition", rolling.Partition})
		return append(errs, validateMaxUnavailable(rolling.MaxUnavailable, at.Child("maxUnavailable"))...)
	}
	return field.ErrorList{field.Invalid(path, printed, "must be 'RollingUpdate' or 'OnDelete'")}
}

// validateMaxUnavailable wants an update to be able to go on.
func validateMaxUnavailable(share *intstr.IntOrString, path *field.Path) field.ErrorList {
	errs := validateShare(share, path)
	if number(share) == 0 {
		errs = append(errs, field.Invalid(path, *share, "cannot be 0"))
	}
	return append(errs, validateAtMostAll(share, path)...)
}

func validateRetention(policy appsv1.PersistentVolumeClaimRetentionPolicyType, path *field.Path) field.ErrorList {
	supported := []appsv1.PersistentVolumeClaimRetentionPolicyType{
		appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
	}
	if slices.Contains(supported, policy) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, policy, supported)}
}
