package podspec

import (
	"errors"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// fileValue returns the value of a fileKeyRef; ok is false when the key is missing, or empty, and optional, so that the variable is not
// set. A file that is missing or cannot be parsed is an error, optional or not (S9.22).
func fileValue(pod *corev1.Pod, ref *corev1.FileKeySelector, read func(volume, path string) ([]byte, error)) (value string, ok bool, err error) {
	if read == nil {
		return "", false, fmt.Errorf("cannot find the volume %q referenced by FileKeyRef", ref.VolumeName)
	}
	text, err := read(ref.VolumeName, ref.Path)
	if err == nil {
		value, err = envFileValue(string(text), ref.Key)
	}
	switch {
	case err != nil:
		return "", false, errors.New("couldn't parse env file")
	case value != "":
		return value, true, nil
	case ptr.Deref(ref.Optional, false):
		return "", false, nil
	}
	return "", false, fmt.Errorf("environment variable key %q not found in file %q", ref.Key, nodePath(pod, ref.VolumeName, ref.Path))
}

// nodePath is where a node has a file of an emptyDir volume, which are the only ones that a fileKeyRef may name.
func nodePath(pod *corev1.Pod, volume, file string) string {
	return path.Join("/var/lib/kubelet/pods", string(pod.UID), "volumes", "kubernetes.io~empty-dir", volume, file)
}

// envFileValue finds a key in a file of lines such as NAME='value', and returns its value, "" when it is not there. What follows the
// line of the key is not looked at (S9.22).
func envFileValue(text, key string) (string, error) {
	rest := strings.ReplaceAll(text, "\r\n", "\n")
	for number := 1; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		line = strings.TrimLeft(line, " \t")
		name, value, assigned := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case !assigned:
			return "", fmt.Errorf("line %d: missing '='", number)
		case strings.Trim(name, " \t") == "":
			return "", fmt.Errorf("line %d: empty variable name", number)
		case strings.HasSuffix(name, " ") || strings.HasSuffix(name, "\t"):
			return "", fmt.Errorf("line %d: whitespace before '='", number)
		case strings.HasPrefix(value, " ") || strings.HasPrefix(value, "\t"): // as in a shell, which takes the rest for a command
			if name == key {
				return "", nil
			}
		case !strings.HasPrefix(value, "'"):
			return "", fmt.Errorf("line %d: the value is not in single quotes", number)
		default:
			quoted, behind, closed := strings.Cut(rest[strings.Index(rest, "='")+2:], "'")
			if !closed {
				return "", fmt.Errorf("line %d: a quote that is not closed", number)
			}
			var comment string
			comment, after, _ = strings.Cut(behind, "\n")
			if comment = strings.TrimLeft(comment, " \t"); comment != "" && comment[0] != '#' {
				return "", fmt.Errorf("line %d: text after the value", number)
			}
			if name == key {
				return quoted, nil
			}
			number += strings.Count(quoted, "\n")
		}
		rest = after
		number++
	}
	return "", nil
}
