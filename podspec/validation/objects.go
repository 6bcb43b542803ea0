package validation

import (
	"encoding/json"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxObjectData is how much a ConfigMap or a Secret may hold, in bytes.
const maxObjectData = corev1.MaxSecretSize

// ValidateConfigMap returns what the API server finds wrong with a ConfigMap.
func ValidateConfigMap(configMap *corev1.ConfigMap) field.ErrorList {
	errs := validateMetadata(&configMap.ObjectMeta)
	size := 0
	for _, key := range slices.Sorted(maps.Keys(configMap.Data)) {
		at := field.NewPath("data").Key(key)
		errs = append(errs, invalid(at, key, validation.IsConfigMapKey(key))...)
		if _, ok := configMap.BinaryData[key]; ok {
			errs = append(errs, field.Invalid(at, key, "duplicate of key present in binaryData"))
		}
		size += len(configMap.Data[key])
	}
	for _, key := range slices.Sorted(maps.Keys(configMap.BinaryData)) {
		errs = append(errs, invalid(field.NewPath("binaryData").Key(key), key, validation.IsConfigMapKey(key))...)
		size += len(configMap.BinaryData[key])
	}
	if size > maxObjectData {
		errs = append(errs, field.TooLong(field.NewPath(""), "", maxObjectData))
	}
	return errs
}

// ValidateSecret returns what the API server finds wrong with a defaulted Secret. No message holds a value of it.
func ValidateSecret(secret *corev1.Secret) field.ErrorList {
	errs := validateMetadata(&secret.ObjectMeta)
	data := field.NewPath("data")
	size := 0
	for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
		errs = append(errs, invalid(data.Key(key), key, validation.IsConfigMapKey(key))...)
		size += len(secret.Data[key])
	}
	if size > maxObjectData {
		errs = append(errs, field.TooLong(data, "", maxObjectData))
	}
	required := func(keys ...string) {
		for _, key := range keys {
			if _, ok := secret.Data[key]; !ok {
				errs = append(errs, field.Required(data.Key(key), ""))
			}
		}
	}
	requiredJSON := func(key string) {
		required(key)
		if value, ok := secret.Data[key]; ok && !json.Valid(value) {
			errs = append(errs, field.Invalid(data.Key(key), "<secret contents redacted>", "not valid JSON"))
		}
	}
	switch secret.Type {
	case corev1.SecretTypeServiceAccountToken:
		if secret.Annotations[corev1.ServiceAccountNameKey] == "" {
			errs = append(errs, field.Required(field.NewPath("metadata", "annotations").Key(corev1.ServiceAccountNameKey), ""))
		}
	case corev1.SecretTypeDockercfg:
		requiredJSON(corev1.DockerConfigKey)
	case corev1.SecretTypeDockerConfigJson:
		requiredJSON(corev1.DockerConfigJsonKey)
	case corev1.SecretTypeBasicAuth:
		_, user := secret.Data[corev1.BasicAuthUsernameKey]
		_, password := secret.Data[corev1.BasicAuthPasswordKey]
		if !user && !password {
			required(corev1.BasicAuthUsernameKey, corev1.BasicAuthPasswordKey)
		}
	case corev1.SecretTypeSSHAuth:
		required(corev1.SSHAuthPrivateKey)
	case corev1.SecretTypeTLS:
		required(corev1.TLSCertKey, corev1.TLSPrivateKeyKey)
	}
	return errs
}

// ValidateClaim returns what the API server finds wrong with a defaulted PersistentVolumeClaim.
func ValidateClaim(claim *corev1.PersistentVolumeClaim) field.ErrorList {
	return append(validateMetadata(&claim.ObjectMeta), validateClaimSpec(&claim.Spec, field.NewPath("spec"))...)
}

func validateClaimSpec(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	modes := path.Child("accessModes")
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(modes, "at least 1 access mode is required"))
	}
	if spec.Selector != nil {
		errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	}
	for _, mode := range spec.AccessModes {
		errs = append(errs, validateMember(modes, mode, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod)...)
	}
	if len(spec.AccessModes) > 1 && slices.Contains(spec.AccessModes, corev1.ReadWriteOncePod) {
		errs = append(errs, field.Forbidden(modes, "may not use ReadWriteOncePod with other access modes"))
	}
	storage := path.Child("resources").Key(string(corev1.ResourceStorage))
	if size, ok := spec.Resources.Requests[corev1.ResourceStorage]; !ok {
		errs = append(errs, field.Required(storage, ""))
	} else if size.Sign() <= 0 {
		errs = append(errs, field.Invalid(storage, size.String(), "must be greater than zero"))
	}
	if name := spec.StorageClassName; name != nil && *name != "" {
		errs = append(errs, invalid(path.Child("storageClassName"), *name, validation.IsDNS1123Subdomain(*name))...)
	}
	if spec.VolumeMode != nil {
		errs = append(errs, validateMember(path.Child("volumeMode"), *spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)...)
	}
	return errs
}
