package podtest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// TargetVariable names the environment variable that says where the pods of tests run: with "kubeconfig" on the cluster that the
// kubeconfig of KUBECONFIG leads to, or the user's own; if it is empty or not set, on a node of the test's own process.
const TargetVariable = "PODSIM_TARGET"

// targetFromEnvironment is the cluster that the environment asks for; nil if it asks for none.
func targetFromEnvironment() (*rest.Config, error) {
	switch value := os.Getenv(TargetVariable); value {
	case "":
		return nil, nil
	case "kubeconfig":
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("finding the cluster that %s asks for: %w", TargetVariable, err)
		}
		return config, nil
	default:
		return nil, fmt.Errorf("%s=%q: it is kubeconfig, for the cluster of your kubeconfig, or not set", TargetVariable, value)
	}
}

// Labels of the namespaces of tests on a cluster, by which people find what a killed test has left there: the host name of the machine
// where the test runs, and when it began, as 2006-01-02T15.04.05Z.
const (
	labelMachine = "podsim.io/podtest.machine"
	labelStarted = "podsim.io/podtest.started"
)

// longestLabel is how long the value of a label may be.
const longestLabel = 63

var notInLabelValues = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// clusterLabels are those of the namespace of a test that begins at a time.
func clusterLabels(began time.Time) map[string]string {
	labels := map[string]string{labelStarted: began.UTC().Format("2006-01-02T15.04.05Z")}
	if machine, err := os.Hostname(); err == nil {
		machine = notInLabelValues.ReplaceAllString(machine, "-")
		labels[labelMachine] = strings.Trim(machine[:min(len(machine), longestLabel)], "._-")
	}
	return labels
}

func clusterTarget(config *rest.Config) (target, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1 // a test asks for no more than it needs
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return target{}, fmt.Errorf("connecting to the cluster %s: %w", config.Host, err)
	}
	return target{client: client, config: config}, nil
}
