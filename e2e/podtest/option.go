package podtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/plan"
)

// Option says what Up brings up, and how.
type Option func(*setup) error

// setup is what the options of an Up come to.
type setup struct {
	files []string
	texts []manifest.Text
	// amends change what the manifests hold, in the order of the options.
	amends []func(*manifest.Contents) error
	node   nodeOptions
	builds []build
	// needs are the options that a cluster cannot serve.
	needs []string
	// cluster is where the pods run instead of on a node of this process; nil for the latter.
	cluster *rest.Config
	// patience is how long a method of a pod without a context may take.
	patience time.Duration
}

// build is an image that is to be built for a container.
type build struct{ container, dir string }

// nodeOptions are those that belong to a node. Pods with different ones are on different nodes.
type nodeOptions struct {
	gates   string
	backOff time.Duration
	api     bool
}

// defaultPatience is how long a method without a context may take, unless an option says otherwise.
const defaultPatience = 2 * time.Minute

func newSetup(options []Option) (*setup, error) {
	s := &setup{patience: defaultPatience}
	for i, option := range options {
		if option == nil {
			return nil, fmt.Errorf("option %d of %d is nil", i+1, len(options))
		}
		if err := option(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// File takes the objects of a manifest: a file, a directory or a URL, as podsim up reads them. Whatever namespaces they name, they come
// into that of the test.
func File(path string) Option {
	return func(s *setup) error {
		s.files = append(s.files, path)
		return nil
	}
}

// YAML takes the objects of a manifest's text.
func YAML(text string) Option {
	return func(s *setup) error {
		s.take("YAML", false, text)
		return nil
	}
}

// Objects takes objects of Kubernetes' own Go types, such as a *corev1.Pod. They stay as they are.
func Objects(objects ...runtime.Object) Option {
	return func(s *setup) error {
		var texts []string
		for _, o := range objects {
			kinds, _, err := scheme.Scheme.ObjectKinds(o)
			if err != nil {
				return fmt.Errorf("reading an object of the test: %w", err)
			}
			o = o.DeepCopyObject()
			o.GetObjectKind().SetGroupVersionKind(kinds[0])
			text, err := yaml.Marshal(o)
			if err != nil {
				return fmt.Errorf("reading the test's %s: %w", kinds[0].Kind, err)
			}
			texts = append(texts, string(text))
		}
		if len(texts) > 0 {
			s.take("Objects", true, strings.Join(texts, "---\n"))
		}
		return nil
	}
}

// take adds the text of an option of some kind. Errors name it by its number among those of its kind.
func (s *setup) take(kind string, made bool, text string) {
	number := 1
	for _, t := range s.texts {
		if strings.HasPrefix(t.Name, kind+" ") {
			number++
		}
	}
	s.texts = append(s.texts, manifest.Text{Name: fmt.Sprintf("%s option %d", kind, number), Content: text, Made: made})
}

// FeatureGates sets Kubernetes' feature gates that change what a pod does, such as "ContainerStopSignals=true".
func FeatureGates(gates string) Option {
	return func(s *setup) error {
		parsed, err := podspec.ParseFeatureGates(gates)
		if err != nil {
			return err
		}
		s.node.gates = parsed.String()
		s.needs = append(s.needs, "FeatureGates")
		return nil
	}
}

// MaxRestartBackoff is the longest pause between restarts of a crashing container, at least a second; 0 is a kubelet's 5 minutes.
func MaxRestartBackoff(pause time.Duration) Option {
	return func(s *setup) error {
		if err := plan.CheckMaxBackOff(pause); err != nil {
			return fmt.Errorf("MaxRestartBackoff(%v): it %w", pause, err)
		}
		s.node.backOff = pause
		s.needs = append(s.needs, "MaxRestartBackoff")
		return nil
	}
}

// ClusterAPI lets the pods reach the API as those of a cluster do (podsim up --cluster-api).
func ClusterAPI() Option {
	return func(s *setup) error {
		s.node.api = true
		return nil
	}
}

// Patience is how long methods of the pod that take no context wait before they fail the test; two minutes unless given.
func Patience(d time.Duration) Option {
	return func(s *setup) error {
		if d <= 0 {
			return fmt.Errorf("Patience(%v): it must be above 0", d)
		}
		s.patience = d
		return nil
	}
}

// OnCluster runs the pods on the cluster that the configuration leads to, instead of on a node of this process. What needs podsim's
// own engine then skips the test, and says so.
func OnCluster(config *rest.Config) Option {
	return func(s *setup) error {
		if config == nil {
			return errors.New("OnCluster(nil): it takes the configuration that leads to the cluster")
		}
		s.cluster = rest.CopyConfig(config)
		return nil
	}
}
