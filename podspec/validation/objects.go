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

// ValidateSecret returns what the API server finds wrong with a defaulted Secret. No message holds more of a value than the character at
// which it stops being JSON.
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
		if value, ok := secret.Data[key]; ok {
			if err := json.Unmarshal(value, &map[string]any{}); err != nil {
				errs = append(errs, field.Invalid(data.Key(key), "<secret contents redacted>", err.Error()))
			}
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
		if len(secret.Data[corev1.SSHAuthPrivateKey]) == 0 {
			errs = append(errs, field.Required(data.Key(corev1.SSHAuthPrivateKey), ""))
		}
	case corev1.SecretTypeTLS:
		required(corev1.TLSCertKey, corev1.TLSPrivateKeyKey)
	}
	return errs
}
