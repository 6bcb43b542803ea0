package volumes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// payload is the files of a configMap or secret volume by their path in it.
type payload map[string]file

type file struct {
	content []byte
	mode    int64
}

// defaultFileMode is the mode of files if the volume does not say.
const defaultFileMode = 0o644

// configMapPayload are the files of a configMap volume (S11.22, S11.25, S11.26).
func configMapPayload(namespace string, source *corev1.ConfigMapVolumeSource, objects Objects) (payload, error) {
	optional := source.Optional != nil && *source.Optional
	data := map[string][]byte{}
	object, found := objects.ConfigMap(namespace, source.Name)
	if found {
		for key, value := range object.Data {
			data[key] = []byte(value)
		}
		for key, value := range object.BinaryData {
			data[key] = value
		}
	} else if !optional {
		return nil, fmt.Errorf("configmap %q not found", source.Name)
	}
	return newPayload(data, found, source.Items, source.DefaultMode, optional, "configmap references non-existent config key: %s")
}

// secretPayload are the files of a secret volume.
func secretPayload(namespace string, source *corev1.SecretVolumeSource, objects Objects) (payload, error) {
	optional := source.Optional != nil && *source.Optional
	var data map[string][]byte
	object, found := objects.Secret(namespace, source.SecretName)
	if found {
		data = object.Data
	} else if !optional {
		return nil, fmt.Errorf("secret %q not found", source.SecretName)
	}
	return newPayload(data, found, source.Items, source.DefaultMode, optional, "references non-existent secret key: %s")
}

// newPayload makes a file of every key, or with items of those that are listed. A key that is not there is missing, a
// format for its error, unless the volume is optional.
func newPayload(data map[string][]byte, found bool, items []corev1.KeyToPath, defaultMode *int32, optional bool, missing string) (payload, error) {
	mode := int64(defaultFileMode)
	if defaultMode != nil {
		mode = int64(*defaultMode)
	}
	files := payload{}
	if !found {
		return files, nil
	}
	if len(items) == 0 {
		for key, content := range data {
			files[key] = file{content, mode}
		}
		return files, nil
	}
	for _, item := range items {
		content, ok := data[item.Key]
		if !ok {
			if optional {
				continue
			}
			return nil, fmt.Errorf(missing, item.Key)
		}
		itemMode := mode
		if item.Mode != nil {
			itemMode = int64(*item.Mode)
		}
		files[item.Path] = file{content, itemMode}
	}
	return files, nil
}
