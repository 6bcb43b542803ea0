package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The commands of the benchmark's containers, the same for the floor and for podsim.
var (
	longRunning  = []string{"sleep", "3600"}
	shortRunning = []string{"true"}
)

// writePod writes the manifest of the benchmark's pod, one init container and two long-running containers, into dir
// and returns its path.
func writePod(dir, name, image string) (string, error) {
	containers := func(part string, command []string) string {
		return fmt.Sprintf("  - {name: %s, image: %q, imagePullPolicy: Never, command: [%s]}\n", part, image, strings.Join(command, ", "))
	}
	manifest := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n" +
		"  terminationGracePeriodSeconds: 1\n" +
		"  initContainers:\n" + containers("init", quoted(shortRunning)) +
		"  containers:\n" + containers("first", quoted(longRunning)) + containers("second", quoted(longRunning))
	return writeManifest(dir, name, manifest)
}

// probedContainers is how many containers the pod has whose probes are weighed; each has one probe.
const probedContainers = 20

// writeProbedPod writes the manifest of a pod in which every container is probed each second, by httpGet and tcpSocket in turn, into
// dir and returns its path.
func writeProbedPod(dir, name, image string) (string, error) {
	var manifest strings.Builder
	manifest.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n  containers:\n")
	for i := range probedContainers {
		port := 8000 + i
		handler := fmt.Sprintf("httpGet: {port: %d}", port)
		if i%2 == 1 {
			handler = fmt.Sprintf("tcpSocket: {port: %d}", port)
		}
		fmt.Fprintf(&manifest, "  - name: c%d\n    image: %q\n    imagePullPolicy: Never\n"+
			"    command: [sh, -c, \"mkdir /www; echo ok >/www/index.html; exec httpd -f -p %d -h /www\"]\n"+
			"    readinessProbe: {%s, periodSeconds: 1}\n", i, image, port, handler)
	}
	return writeManifest(dir, name, manifest.String())
}

func writeManifest(dir, name, manifest string) (string, error) {
	path := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o644); err != nil {
		return "", fmt.Errorf("writing the pod's manifest: %w", err)
	}
	return path, nil
}

// quoted returns the words as YAML strings, so that "true" and "3600" stay words.
func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = fmt.Sprintf("%q", word)
	}
	return out
}
