package volumes

import (
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// payload is the files of an atomically written volume by their path in it.
type payload map[string]file

type file struct {
	content []byte
	mode    int64
	owner   int64
}

// isAtomic reports whether a volume is of a kind that is written atomically (S11C): its content comes from objects of the API.
func isAtomic(source *corev1.Volume) bool {
	return source.ConfigMap != nil || source.Secret != nil || source.DownwardAPI != nil || source.Projected != nil
}

// newPayload gives the files of an atomically written volume as they are now to be (S11C). The error has a kubelet's words and means
// that the volume cannot be made, or brought up to date, now.
func newPayload(pod *corev1.Pod, source *corev1.Volume, node Node, objects Objects) (payload, error) {
	switch {
	case source.ConfigMap != nil:
		from := source.ConfigMap
		return configMapPayload(pod, from.Name, selection{from.Items, fileMode(from.DefaultMode), ptr.Deref(from.Optional, false)}, objects)
	case source.Secret != nil:
		from := source.Secret
		return secretPayload(pod, from.SecretName, selection{from.Items, fileMode(from.DefaultMode), ptr.Deref(from.Optional, false)}, objects)
	case source.DownwardAPI != nil:
		return downwardPayload(pod, source.DownwardAPI.Items, fileMode(source.DownwardAPI.DefaultMode), node)
	default:
		return projectedPayload(pod, source.Projected, node, objects)
	}
}

// projectedPayload are the files of all sources of a projected volume. Of equal paths the last source has its way, and one error tells
// of all sources that have one (S11.27).
func projectedPayload(pod *corev1.Pod, projected *corev1.ProjectedVolumeSource, node Node, objects Objects) (payload, error) {
	files := payload{}
	var failures []error
	for i := range projected.Sources {
		more, err := projectionPayload(pod, &projected.Sources[i], fileMode(projected.DefaultMode), node, objects)
		if err != nil {
			failures = append(failures, err)
		}
		for name, file := range more {
			files[name] = file
		}
	}
	return files, utilerrors.NewAggregate(failures)
}

// projectionPayload are the files of one source of a projected volume.
func projectionPayload(pod *corev1.Pod, source *corev1.VolumeProjection, mode int64, node Node, objects Objects) (payload, error) {
	switch {
	case source.ConfigMap != nil:
		from := source.ConfigMap
		return configMapPayload(pod, from.Name, selection{from.Items, mode, ptr.Deref(from.Optional, false)}, objects)
	case source.Secret != nil:
		from := source.Secret
		return secretPayload(pod, from.Name, selection{from.Items, mode, ptr.Deref(from.Optional, false)}, objects)
	case source.DownwardAPI != nil:
		return downwardPayload(pod, source.DownwardAPI.Items, mode, node)
	case source.ServiceAccountToken != nil:
		return tokenPayload(pod, source.ServiceAccountToken, mode, objects)
	case source.ClusterTrustBundle != nil:
		return trustBundlePayload(pod, source.ClusterTrustBundle, mode, objects)
	}
	return nil, fmt.Errorf("podsim does not support this source of a projected volume")
}

// configMapPayload are the files of a ConfigMap (S11.25, S11.26).
func configMapPayload(pod *corev1.Pod, name string, selected selection, objects Objects) (payload, error) {
	data := map[string][]byte{}
	object, found := objects.ConfigMap(pod.Namespace, name)
	if found {
		for key, value := range object.Data {
			data[key] = []byte(value)
		}
		for key, value := range object.BinaryData {
			data[key] = value
		}
	} else if !selected.optional {
		return nil, fmt.Errorf("configmap %q not found", name)
	}
	return selected.files(data, "configmap references non-existent config key: %s")
}

// secretPayload are the files of a Secret (S11.25, S11.26).
func secretPayload(pod *corev1.Pod, name string, selected selection, objects Objects) (payload, error) {
	var data map[string][]byte
	object, found := objects.Secret(pod.Namespace, name)
	if found {
		data = object.Data
	} else if !selected.optional {
		return nil, fmt.Errorf("secret %q not found", name)
	}
	return selected.files(data, "references non-existent secret key: %s")
}

// downwardPayload are fields of the pod as files (S9B, S11.28).
func downwardPayload(pod *corev1.Pod, items []corev1.DownwardAPIVolumeFile, mode int64, node Node) (payload, error) {
	files := payload{}
	var failures []error
	for i := range items {
		item := &items[i]
		content, err := podspec.DownwardFile(pod, item, node.Allocatable)
		if err != nil {
			failures = append(failures, err)
		}
		files[path.Clean(item.Path)] = file{content: []byte(content), mode: itemMode(item.Mode, mode)}
	}
	return files, utilerrors.NewAggregate(failures)
}

// selection is which keys of an object become files, and how.
type selection struct {
	items    []corev1.KeyToPath // empty: all keys
	mode     int64              // of items without one
	optional bool               // what is missing is left out
}

// files makes a file of every key, or with items of those that are listed (S11.22, S11.25). missing is the format of the error about a
// listed key that is not there.
func (s selection) files(data map[string][]byte, missing string) (payload, error) {
	files := payload{}
	if len(s.items) == 0 {
		for key, content := range data {
			files[key] = file{content: content, mode: s.mode}
		}
		return files, nil
	}
	for _, item := range s.items {
		content, ok := data[item.Key]
		if !ok {
			if s.optional {
				continue
			}
			return nil, fmt.Errorf(missing, item.Key)
		}
		files[path.Clean(item.Path)] = file{content: content, mode: itemMode(item.Mode, s.mode)}
	}
	return files, nil
}

// fileMode is the mode of a volume's files that have none of their own; 0644 if the volume does not say (S11.22).
func fileMode(defaultMode *int32) int64 { return int64(ptr.Deref(defaultMode, 0o644)) }

func itemMode(own *int32, mode int64) int64 {
	if own != nil {
		return int64(*own)
	}
	return mode
}
