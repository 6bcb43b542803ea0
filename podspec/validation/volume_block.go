package validation

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxLUN is the highest number of a logical unit of a disk array.
const maxLUN = 255

func validateISCSIVolume(v *corev1.ISCSIVolumeSource, at *field.Path) field.ErrorList {
	errs := validateRequired(at, requiredField{"targetPortal", v.TargetPortal})
	if v.IQN == "" {
		errs = append(errs, field.Required(at.Child("iqn"), ""))
	} else {
		errs = append(errs, validateISCSIName(v.IQN, at.Child("iqn"))...)
	}
	errs = append(errs, validateLUN(&v.Lun, at.Child("lun"))...)
	if (v.DiscoveryCHAPAuth || v.SessionCHAPAuth) && v.SecretRef == nil {
		errs = append(errs, field.Required(at.Child("secretRef"), ""))
	}
	if v.InitiatorName != nil {
		errs = append(errs, validateISCSIName(*v.InitiatorName, at.Child("initiatorname"))...) // as the API server spells it
	}
	return errs
}

// iscsiNames are the forms of a name of a target or an initiator, by the prefix that says which form it has.
var iscsiNames = map[string]*regexp.Regexp{
	"iqn": regexp.MustCompile(`iqn\.\d{4}-\d{2}\.[[:alnum:].-]+:[^,;*&$|\s]+$`),
	"eui": regexp.MustCompile(`^eui.[[:alnum:]]{16}$`),
	"naa": regexp.MustCompile(`^naa.[[:alnum:]]{32}$`),
}

func validateISCSIName(name string, at *field.Path) field.ErrorList {
	for prefix, form := range iscsiNames {
		if strings.HasPrefix(name, prefix) {
			if form.MatchString(name) {
				return nil
			}
			return field.ErrorList{field.Invalid(at, name, "must be valid format")}
		}
	}
	return field.ErrorList{field.Invalid(at, name, "must be valid format starting with iqn, eui, or naa")}
}

// validateISCSIVolumeName keeps the directory short that a node makes of the names of a volume and its portal.
func validateISCSIVolumeName(v *corev1.Volume, at *field.Path) field.ErrorList {
	const longest = 64
	if v.ISCSI.InitiatorName == nil || len(v.Name+":"+v.ISCSI.TargetPortal) <= longest {
		return nil
	}
	return field.ErrorList{field.Invalid(at.Child("name"), v.Name,
		"Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.")}
}

func validateFCVolume(v *corev1.FCVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	names, lun := at.Child("targetWWNs"), at.Child("lun")
	switch {
	case len(v.TargetWWNs) == 0 && len(v.WWIDs) == 0:
		errs = append(errs, field.Required(names, "must specify either targetWWNs or wwids, but not both"))
	case len(v.TargetWWNs) > 0 && len(v.WWIDs) > 0:
		errs = append(errs, field.Invalid(names, v.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously"))
	}
	if len(v.TargetWWNs) > 0 && v.Lun == nil {
		errs = append(errs, field.Required(lun, "lun is required if targetWWNs is specified"))
	} else if len(v.TargetWWNs) > 0 {
		errs = append(errs, validateLUN(v.Lun, lun)...)
	}
	return errs
}

func validateLUN(lun *int32, at *field.Path) field.ErrorList {
	if *lun < 0 || *lun > maxLUN {
		return field.ErrorList{field.Invalid(at, *lun, validation.InclusiveRangeError(0, maxLUN))}
	}
	return nil
}

func validateRBDVolume(v *corev1.RBDVolumeSource, at *field.Path) field.ErrorList {
	return append(validateMonitors(v.CephMonitors, at), validateRequired(at, requiredField{"image", v.RBDImage})...)
}

func validateCephFSVolume(v *corev1.CephFSVolumeSource, at *field.Path) field.ErrorList {
	return validateMonitors(v.Monitors, at)
}

func validateMonitors(monitors []string, at *field.Path) field.ErrorList {
	if len(monitors) == 0 {
		return field.ErrorList{field.Required(at.Child("monitors"), "")}
	}
	return nil
}
