package podspec

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// EnvVar is one variable of a container's environment.
type EnvVar struct{ Name, Value string }

// Objects looks up what a pod refers to; ok is false when there is no such object.
type Objects interface {
	ConfigMap(namespace, name string) (configMap *corev1.ConfigMap, ok bool)
	Secret(namespace, name string) (secret *corev1.Secret, ok bool)
}

// NodeFacts is what a container can be told about where it runs.
type NodeFacts struct {
	Name        string              // of the node
	HostIPs     []string            // of the node, the primary one first
	PodIPs      []string            // of the pod, the primary one first; empty while it has none
	Allocatable corev1.ResourceList // of the node: what limits that are not set amount to (S9.21)
	// Services are those of all namespaces, of which a container is told some (S9.10).
	Services []*corev1.Service
	// EnvFile returns the content of a regular file in a volume of the pod, by its path in the volume; no link leads out of that
	// (S9.22). The error is ErrNoVolume if no container mounts a volume of that name. Nil: the pod has no volumes yet.
	EnvFile func(volume, path string) ([]byte, error)
}

// Environment computes the variables that a container's manifest gives it, at one start of the container: those of Services,
// envFrom, then env, later ones winning (S9.1). Every name is there once, where it was first given; keys of one object are
// sorted. The image's variables and HOSTNAME are not in it. An error has a kubelet's words (S9.9) and means that the
// container cannot be created now.
func Environment(pod *corev1.Pod, c *corev1.Container, objects Objects, node NodeFacts) ([]EnvVar, error) {
	env := &environment{index: map[string]int{}}
	for _, variable := range serviceVariables(pod, node.Services) {
		env.set(variable.Name, variable.Value)
	}
	for _, source := range c.EnvFrom {
		values, err := envFromValues(pod.Namespace, source, objects)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			env.set(source.Prefix+key, values[key])
		}
	}
	for _, variable := range c.Env {
		value, ok, err := envValue(pod, c, variable, env, objects, node)
		if err != nil {
			return nil, err
		}
		if ok {
			env.set(variable.Name, value)
		}
	}
	return env.list, nil
}

// environment is a list of variables with unique names.
type environment struct {
	list  []EnvVar
	index map[string]int
}

func (e *environment) set(name, value string) {
	if i, ok := e.index[name]; ok {
		e.list[i].Value = value
		return
	}
	e.index[name] = len(e.list)
	e.list = append(e.list, EnvVar{Name: name, Value: value})
}

func (e *environment) lookup(name string) (string, bool) {
	i, ok := e.index[name]
	if !ok {
		return "", false
	}
	return e.list[i].Value, true
}

// envFromValues returns the contents of the object that an envFrom entry names: data but not binaryData of a ConfigMap,
// everything of a Secret. A missing optional object has none.
func envFromValues(namespace string, source corev1.EnvFromSource, objects Objects) (map[string]string, error) {
	values := map[string]string{}
	switch {
	case source.ConfigMapRef != nil:
		ref := source.ConfigMapRef
		configMap, ok := objects.ConfigMap(namespace, ref.Name)
		if !ok {
			return nil, missing("configmap", ref.Name, ref.Optional)
		}
		maps.Copy(values, configMap.Data)
	case source.SecretRef != nil:
		ref := source.SecretRef
		secret, ok := objects.Secret(namespace, ref.Name)
		if !ok {
			return nil, missing("secret", ref.Name, ref.Optional)
		}
		for key, value := range secret.Data {
			values[key] = string(value)
		}
	}
	return values, nil
}

func missing(kind, name string, optional *bool) error {
	if ptr.Deref(optional, false) {
		return nil
	}
	return fmt.Errorf("%s %q not found", kind, name)
}

// envValue returns the value of one env entry; ok is false when what it refers to is missing and optional, so that the
// variable is not set (S9.8). The values of references are taken as they are; only a value of the manifest is expanded (S9.4).
func envValue(pod *corev1.Pod, c *corev1.Container, variable corev1.EnvVar, earlier *environment, objects Objects, node NodeFacts) (value string, ok bool, err error) {
	from := variable.ValueFrom
	switch {
	case variable.Value != "" || from == nil:
		return expand(variable.Value, earlier.lookup), true, nil
	case from.FieldRef != nil:
		value, err = fieldValue(pod, from.FieldRef, node)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		value, err = resourceValue(pod, c, from.ResourceFieldRef, node.Allocatable)
		return value, err == nil, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		configMap, found := objects.ConfigMap(pod.Namespace, ref.Name)
		if !found {
			return "", false, missing("configmap", ref.Name, ref.Optional)
		}
		value, found = configMap.Data[ref.Key]
		return value, found, missingKey(found, "ConfigMap", pod.Namespace, ref.Name, ref.Key, ref.Optional)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		secret, found := objects.Secret(pod.Namespace, ref.Name)
		if !found {
			return "", false, missing("secret", ref.Name, ref.Optional)
		}
		bytes, found := secret.Data[ref.Key]
		return string(bytes), found, missingKey(found, "Secret", pod.Namespace, ref.Name, ref.Key, ref.Optional)
	case from.FileKeyRef != nil:
		return fileValue(pod, from.FileKeyRef, node.EnvFile)
	}
	return "", true, nil // no server lets a variable without a source through
}

func missingKey(found bool, kind, namespace, name, key string, optional *bool) error {
	if found || ptr.Deref(optional, false) {
		return nil
	}
	return fmt.Errorf("couldn't find key %v in %s %v/%v", key, kind, namespace, name)
}
