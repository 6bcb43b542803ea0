package podtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
)

// Image gives a container another image. It is not pulled if the engine has it.
func Image(container, image string) Option {
	return onContainer(container, func(c *corev1.Container) error {
		c.Image, c.ImagePullPolicy = image, corev1.PullIfNotPresent
		return nil
	})
}

// Build gives a container the image that is built from a directory with a Dockerfile, by the engine, when Up is called. The engine keeps
// the image of the directory's last build, so that the next one is quick; podsim prune removes it.
func Build(container, dir string) Option {
	return func(s *setup) error {
		s.builds = append(s.builds, build{container, dir})
		s.needs = append(s.needs, "Build")
		return nil
	}
}

// Env gives a container an environment variable, in place of one of that name.
func Env(container, name, value string) Option {
	return onContainer(container, func(c *corev1.Container) error {
		for i := range c.Env {
			if c.Env[i].Name == name {
				c.Env[i] = corev1.EnvVar{Name: name, Value: value}
				return nil
			}
		}
		c.Env = append(c.Env, corev1.EnvVar{Name: name, Value: value})
		return nil
	})
}

// Limits sets limits of a container's resources and leaves its others: Limits("app", "memory=64Mi,cpu=500m").
func Limits(container, quantities string) Option {
	return onResources(container, quantities, func(r *corev1.ResourceRequirements) *corev1.ResourceList { return &r.Limits })
}

// Requests sets requests of a container's resources, as Limits does limits.
func Requests(container, quantities string) Option {
	return onResources(container, quantities, func(r *corev1.ResourceRequirements) *corev1.ResourceList { return &r.Requests })
}

func onResources(container, quantities string, of func(*corev1.ResourceRequirements) *corev1.ResourceList) Option {
	return onContainer(container, func(c *corev1.Container) error {
		list := of(&c.Resources)
		if *list == nil {
			*list = corev1.ResourceList{}
		}
		for _, one := range strings.Split(quantities, ",") {
			name, text, _ := strings.Cut(one, "=")
			quantity, err := resource.ParseQuantity(text)
			if err != nil {
				return fmt.Errorf("%q is not a resource such as memory=64Mi", one)
			}
			(*list)[corev1.ResourceName(strings.TrimSpace(name))] = quantity
		}
		return nil
	})
}

// Network has the pods join a network of the engine, by its name or id, such as one that testcontainers made: containers there reach them
// by their hostname. A cluster knows no such networks.
func Network(name string) Option {
	return func(s *setup) error {
		s.needs = append(s.needs, "Network")
		s.amends = append(s.amends, func(m *manifest.Contents) error {
			for _, pod := range m.Pods {
				metav1.SetMetaDataAnnotation(&pod.ObjectMeta, network.AnnotationNetwork, name)
			}
			return nil
		})
		return nil
	}
}

// ConfigMap adds data to the ConfigMap of that name, in place of what the manifest has under the same keys; if it has none, this is it.
func ConfigMap(name string, data map[string]string) Option {
	return amending(func(m *manifest.Contents) error {
		addToConfigMap(m, name, data)
		return nil
	})
}

// ConfigMapFiles adds files to the ConfigMap of that name, as ConfigMap does data. Their keys are their names without a directory.
func ConfigMapFiles(name string, paths ...string) Option {
	return amending(func(m *manifest.Contents) error {
		data, err := readFiles(paths)
		if err != nil {
			return fmt.Errorf("filling the ConfigMap %q: %w", name, err)
		}
		addToConfigMap(m, name, data)
		return nil
	})
}

// Secret adds data to the Secret of that name, as ConfigMap does to a ConfigMap.
func Secret(name string, data map[string]string) Option {
	return amending(func(m *manifest.Contents) error {
		addToSecret(m, name, data)
		return nil
	})
}

// SecretFiles adds files to the Secret of that name, as ConfigMapFiles does to a ConfigMap.
func SecretFiles(name string, paths ...string) Option {
	return amending(func(m *manifest.Contents) error {
		data, err := readFiles(paths)
		if err != nil {
			return fmt.Errorf("filling the Secret %q: %w", name, err)
		}
		addToSecret(m, name, data)
		return nil
	})
}

func amending(amend func(*manifest.Contents) error) Option {
	return func(s *setup) error {
		s.amends = append(s.amends, amend)
		return nil
	}
}

// onContainer amends the container in all pods that have it; one must.
func onContainer(name string, amend func(*corev1.Container) error) Option {
	return amending(func(m *manifest.Contents) error { return amendContainers(m, name, amend) })
}

func amendContainers(m *manifest.Contents, name string, amend func(*corev1.Container) error) error {
	found := false
	for _, pod := range m.Pods {
		c, _ := podspec.FindContainer(pod, name)
		if c == nil {
			continue
		}
		found = true
		if err := amend(c); err != nil {
			return fmt.Errorf("container %q: %w", name, err)
		}
	}
	if !found {
		return noContainer(m, name)
	}
	return nil
}

func noContainer(m *manifest.Contents, name string) error {
	return fmt.Errorf("there is no container %q; there are %s", name, strings.Join(containersOf(m), ", "))
}

func containersOf(m *manifest.Contents) []string {
	var names []string
	for _, pod := range m.Pods {
		for c := range podspec.Containers(pod) {
			names = append(names, c.Name)
		}
	}
	return names
}

func readFiles(paths []string) (map[string]string, error) {
	data := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		data[filepath.Base(path)] = string(content)
	}
	return data, nil
}

func addToConfigMap(m *manifest.Contents, name string, data map[string]string) {
	var into *corev1.ConfigMap
	for _, o := range m.ConfigMaps {
		if o.Name == name {
			into = o
		}
	}
	if into == nil {
		into = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
		m.ConfigMaps = append(m.ConfigMaps, into)
	}
	if into.Data == nil {
		into.Data = map[string]string{}
	}
	for key, value := range data {
		delete(into.BinaryData, key)
		into.Data[key] = value
	}
}

func addToSecret(m *manifest.Contents, name string, data map[string]string) {
	var into *corev1.Secret
	for _, o := range m.Secrets {
		if o.Name == name {
			into = o
		}
	}
	if into == nil {
		into = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}
		m.Secrets = append(m.Secrets, into)
	}
	if into.Data == nil {
		into.Data = map[string][]byte{}
	}
	for key, value := range data {
		into.Data[key] = []byte(value)
	}
}
