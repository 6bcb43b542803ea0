package client

import "strings"

// CutPod takes the kind off an argument that names a pod, as pod/NAME does, and reports whether there was one.
func CutPod(arg string) (name string, cut bool) {
	for _, kind := range []string{"pod/", "pods/", "po/"} {
		if name, cut = strings.CutPrefix(arg, kind); cut {
			return name, true
		}
	}
	return arg, false
}
