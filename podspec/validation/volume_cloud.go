package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateGCEDisk(v *corev1.GCEPersistentDiskVolumeSource, at *field.Path) field.ErrorList {
	return append(validateRequired(at, requiredField{"pdName", v.PDName}), validatePartition(v.Partition, at)...)
}

func validateAWSDisk(v *corev1.AWSElasticBlockStoreVolumeSource, at *field.Path) field.ErrorList {
	return append(validateRequired(at, requiredField{"volumeID", v.VolumeID}), validatePartition(v.Partition, at)...)
}

// validatePartition checks the number of a disk's partition; 0 means the whole disk, though the message does not say so.
func validatePartition(partition int32, at *field.Path) field.ErrorList {
	if partition < 0 || partition > 255 {
		return field.ErrorList{field.Invalid(at.Child("partition"), partition, validation.InclusiveRangeError(1, 255))}
	}
	return nil
}

// What an Azure disk can be, in the order of the messages.
var (
	azureCachingModes = []corev1.AzureDataDiskCachingMode{
		corev1.AzureDataDiskCachingNone, corev1.AzureDataDiskCachingReadOnly, corev1.AzureDataDiskCachingReadWrite,
	}
	azureDiskKinds = []corev1.AzureDataDiskKind{corev1.AzureDedicatedBlobDisk, corev1.AzureManagedDisk, corev1.AzureSharedBlobDisk}
)

// The two forms of the address of an Azure disk, as the messages show them.
const (
	azureManagedForm = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
	azureBlobForm    = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
)

func validateAzureDisk(v *corev1.AzureDiskVolumeSource, at *field.Path) field.ErrorList {
	errs := validateRequired(at, requiredField{"diskName", v.DiskName}, requiredField{"diskURI", v.DataDiskURI})
	if v.CachingMode != nil && !slices.Contains(azureCachingModes, *v.CachingMode) {
		errs = append(errs, field.NotSupported(at.Child("cachingMode"), *v.CachingMode, azureCachingModes))
	}
	if v.Kind == nil {
		return errs
	}
	if !slices.Contains(azureDiskKinds, *v.Kind) {
		errs = append(errs, field.NotSupported(at.Child("kind"), *v.Kind, azureDiskKinds))
	}
	start, form := "https://", azureBlobForm
	if *v.Kind == corev1.AzureManagedDisk {
		start, form = "/subscriptions/", azureManagedForm
	}
	if !strings.HasPrefix(v.DataDiskURI, start) {
		errs = append(errs, field.NotSupported(at.Child("diskURI"), v.DataDiskURI, []string{form}))
	}
	return errs
}

func validateAzureFile(v *corev1.AzureFileVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"secretName", v.SecretName}, requiredField{"shareName", v.ShareName})
}

func validateCinderVolume(v *corev1.CinderVolumeSource, at *field.Path) field.ErrorList {
	return append(validateRequired(at, requiredField{"volumeID", v.VolumeID}), validateSecretRef(v.SecretRef, at)...)
}

func validateVsphereDisk(v *corev1.VsphereVirtualDiskVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"volumePath", v.VolumePath})
}

func validatePhotonDisk(v *corev1.PhotonPersistentDiskVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"pdID", v.PdID})
}

func validatePortworxVolume(v *corev1.PortworxVolumeSource, at *field.Path) field.ErrorList {
	return validateRequired(at, requiredField{"volumeID", v.VolumeID})
}
