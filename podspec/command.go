package podspec

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Command returns command and args of a container with $(NAME) replaced from its environment (S9.6). Nil means that the
// manifest gives none, so that the image's counts.
func Command(c *corev1.Container, env []EnvVar) (command, args []string) {
	lookup := lookupIn(env)
	return expandAll(c.Command, lookup), expandAll(c.Args, lookup)
}

// ExpandStatic returns the command of a probe of a container with $(NAME) replaced from the values that the manifest gives to its
// variables, as they are written there: references in them stay, and a variable with a valueFrom counts as empty (S6.20).
func ExpandStatic(c *corev1.Container, command []string) []string {
	env := make([]EnvVar, len(c.Env))
	for i, variable := range c.Env {
		env[i] = EnvVar{Name: variable.Name, Value: variable.Value}
	}
	return expandAll(command, lookupIn(env))
}

// SubPath returns the path inside the volume that a mount shows, "" for the whole volume: subPath as it is, or
// subPathExpr with $(NAME) replaced from the container's environment. A variable that is missing or empty is an error,
// and so is a path that is absolute or has .. in it (S9.6, S11.52).
func SubPath(mount *corev1.VolumeMount, env []EnvVar) (string, error) {
	subPath := mount.SubPath
	if mount.SubPathExpr != "" {
		var missing []string
		lookup := lookupIn(env)
		subPath = expand(mount.SubPathExpr, func(name string) (string, bool) {
			value, _ := lookup(name)
			if value == "" {
				missing = append(missing, name)
			}
			return value, true
		})
		if len(missing) > 0 {
			slices.Sort(missing)
			return "", fmt.Errorf("missing value for %s", strings.Join(slices.Compact(missing), ", "))
		}
	}
	if strings.HasPrefix(subPath, "/") {
		return "", fmt.Errorf("error SubPath `%s` must not be an absolute path", subPath)
	}
	if slices.Contains(strings.Split(subPath, "/"), "..") {
		return "", fmt.Errorf("unable to provision SubPath `%s`: must not contain '..'", subPath)
	}
	return subPath, nil
}

func lookupIn(env []EnvVar) func(name string) (string, bool) {
	values := make(map[string]string, len(env))
	for _, variable := range env {
		values[variable.Name] = variable.Value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func expandAll(texts []string, lookup func(name string) (string, bool)) []string {
	if texts == nil {
		return nil
	}
	expanded := make([]string, len(texts))
	for i, text := range texts {
		expanded[i] = expand(text, lookup)
	}
	return expanded
}
