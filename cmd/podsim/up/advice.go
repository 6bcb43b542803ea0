package up

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// advice is the podsim command that applies verb to the pods, or several where they are of several namespaces.
func advice(verb string, pods ...*corev1.Pod) string {
	var namespaces []string
	names := map[string][]string{}
	for _, pod := range pods {
		if len(names[pod.Namespace]) == 0 {
			namespaces = append(namespaces, pod.Namespace)
		}
		names[pod.Namespace] = append(names[pod.Namespace], pod.Name)
	}
	var commands []string
	for _, namespace := range namespaces {
		words := []string{"podsim", verb}
		if namespace != metav1.NamespaceDefault {
			words = append(words, "-n", namespace)
		}
		commands = append(commands, strings.Join(append(words, names[namespace]...), " "))
	}
	return strings.Join(commands, " && ")
}
