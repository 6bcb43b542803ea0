package podspec

import (
	"bufio"
	"errors"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// ErrNoVolume says that no container of the pod mounts a volume of the name that was asked for.
var ErrNoVolume = errors.New("no container mounts the volume")

// EnvFileError says why the file of a fileKeyRef cannot be used. Its text is the message of a CreateContainerConfigError and, as a
// kubelet's, hides details (S9.22); Err has them.
type EnvFileError struct{ Err error }

func (e *EnvFileError) Error() string { return "couldn't parse env file" }

func (e *EnvFileError) Unwrap() error { return e.Err }

// fileValue returns what a fileKeyRef of a variable names; ok is false when the key is missing and optional (S9.22). An empty value
// counts as missing; a missing file is an error even then.
func fileValue(pod *corev1.Pod, ref *corev1.FileKeySelector, read func(volume, path string) ([]byte, error)) (value string, ok bool, err error) {
	if read == nil {
		return "", false, noVolume(ref)
	}
	text, err := read(ref.VolumeName, ref.Path)
	if errors.Is(err, ErrNoVolume) {
		return "", false, noVolume(ref)
	}
	if err == nil {
		value, err = envFileValue(string(text), ref.Key)
	}
	if err != nil {
		return "", false, &EnvFileError{err}
	}
	if value == "" && !ptr.Deref(ref.Optional, false) {
		return "", false, fmt.Errorf("environment variable key %q not found in file %q", ref.Key, kubeletPath(pod, ref))
	}
	return value, value != "", nil
}

func noVolume(ref *corev1.FileKeySelector) error {
	return fmt.Errorf("cannot find the volume %q referenced by FileKeyRef", ref.VolumeName)
}

// kubeletPath is where a node has the file, whose volume can only be an emptyDir (S2.43).
func kubeletPath(pod *corev1.Pod, ref *corev1.FileKeySelector) string {
	return path.Join("/var/lib/kubelet/pods", string(pod.UID), "volumes/kubernetes.io~empty-dir", ref.VolumeName, path.Join("/", ref.Path))
}

const envFileBlanks = " \t"

// envFileValue returns the value of the first line of an environment file that gives one to the key, "" if none does (S9.22). What
// comes after that line is not looked at; before it, anything that is not of the form NAME='value' is an error. Lines of 64 KiB and
// more are too long, as for a kubelet.
func envFileValue(text, key string) (string, error) {
	file := &envFile{lines: bufio.NewScanner(strings.NewReader(text))}
	for file.next() {
		line := strings.TrimLeft(file.lines.Text(), envFileBlanks)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, err := file.cutName(line)
		if err != nil {
			return "", err
		}
		value := ""
		if !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\t") { // for a shell the value ends where a blank is
			if value, err = file.quoted(rest); err != nil {
				return "", err
			}
		}
		if name == key {
			return value, nil
		}
	}
	return "", file.lines.Err()
}

// envFile is an environment file that is being read.
type envFile struct {
	lines  *bufio.Scanner
	number int // of the line, from 1
}

func (f *envFile) next() bool {
	f.number++
	return f.lines.Scan()
}

// cutName splits a line at its first equals sign.
func (f *envFile) cutName(line string) (name, rest string, err error) {
	name, rest, found := strings.Cut(line, "=")
	switch {
	case !found:
		return "", "", f.invalid("missing '='")
	case name == "":
		return "", "", f.invalid("empty variable name")
	case strings.TrimRight(name, envFileBlanks) != name:
		return "", "", f.invalid("whitespace before '=' is not allowed")
	}
	return name, rest, nil
}

// quoted reads a value in single quotes, which may span lines. Nothing but a comment may follow it.
func (f *envFile) quoted(text string) (string, error) {
	text, found := strings.CutPrefix(text, "'")
	if !found {
		return "", f.invalid("value must be enclosed in single quotes")
	}
	start, value := f.number, strings.Builder{}
	for {
		inside, after, closed := strings.Cut(text, "'")
		value.WriteString(inside)
		if closed {
			after = strings.TrimLeft(after, envFileBlanks)
			if after != "" && !strings.HasPrefix(after, "#") {
				return "", f.invalid("unexpected content after closing quote")
			}
			return value.String(), nil
		}
		if !f.next() {
			return "", fmt.Errorf("line %d: unclosed single quote", start)
		}
		value.WriteByte('\n')
		text = f.lines.Text()
	}
}

func (f *envFile) invalid(what string) error { return fmt.Errorf("line %d: %s", f.number, what) }
