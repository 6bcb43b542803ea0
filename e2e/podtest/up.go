package podtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
)

// Up brings up the one pod that the options hold, and what comes with it, in a namespace of the test's own. It returns when the pod is
// accepted; WaitReady waits until it is ready. When the test has ended, everything is gone again.
//
// Where no Docker Engine answers the test is skipped. Whatever else goes wrong fails it.
func Up(t TB, options ...Option) *Pod {
	t.Helper()
	return up(t, options, isOne)[0]
}

// isOne says what is wrong with the pods of an Up.
func isOne(m *manifest.Contents) error {
	if len(m.Pods) == 1 {
		return nil
	}
	var names []string
	for _, pod := range m.Pods {
		names = append(names, pod.Name)
	}
	return fmt.Errorf("there are %d pods (%s) where Up takes one; UpAll takes several", len(m.Pods), strings.Join(names, ", "))
}

// UpAll is Up for any number of pods, in their order in the manifests. Those of a workload, such as a Deployment, count like others.
func UpAll(t TB, options ...Option) []*Pod {
	t.Helper()
	return up(t, options, func(*manifest.Contents) error { return nil })
}

// up brings up the pods of the options, if they are as they should be.
func up(t TB, options []Option, check func(*manifest.Contents) error) []*Pod {
	t.Helper()
	pods, err := start(t.Context(), t, options, check)
	var needs *NeedsEngineError
	switch {
	case err != nil && (unreachable(err) || errors.As(err, &needs)):
		t.Skipf("podtest: skipped: %v", err)
	case err != nil:
		t.Fatalf("podtest: bringing up the pod: %v", err)
	}
	return pods
}

func start(ctx context.Context, t TB, options []Option, check func(*manifest.Contents) error) ([]*Pod, error) {
	s, err := newSetup(options)
	if err != nil {
		return nil, err
	}
	if s.cluster == nil {
		if s.cluster, err = targetFromEnvironment(); err != nil {
			return nil, err
		}
	}
	if s.cluster != nil && len(s.needs) > 0 {
		return nil, &NeedsEngineError{What: s.needs[0]}
	}
	contents, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	for _, warning := range contents.Warnings {
		t.Logf("podtest: %v", warning)
	}
	if err := check(contents); err != nil {
		return nil, err
	}
	where, err := tests.of(ctx, t, s)
	if err != nil {
		return nil, err
	}
	if err := where.build(ctx, t, s.builds, contents); err != nil {
		return nil, err
	}
	return where.create(ctx, t, s, contents)
}

// load reads what the options hold, in the options' words.
func (s *setup) load(ctx context.Context) (*manifest.Contents, error) {
	gates, err := podspec.ParseFeatureGates(s.node.gates)
	if err != nil {
		return nil, err
	}
	if len(s.files)+len(s.texts) == 0 {
		return nil, errors.New("there is no manifest; give one with File, YAML or Objects")
	}
	contents, err := manifest.Load(ctx, s.files, manifest.Options{
		Texts: s.texts, Namespace: placeholder, Relocate: true, ClusterAPI: s.node.api, FeatureGates: gates,
	})
	if err != nil {
		return nil, err
	}
	for _, amend := range s.amends {
		if err := amend(contents); err != nil {
			return nil, err
		}
	}
	for _, b := range s.builds { // before time is spent on them
		if !slices.Contains(containersOf(contents), b.container) {
			return nil, noContainer(contents, b.container)
		}
	}
	return contents, nil
}

// placeholder is the namespace of objects until that of the test is known.
const placeholder = "test"

// NeedsEngineError says that a test cannot do on a cluster what it wants to: it takes the engine of a node of podsim's.
type NeedsEngineError struct {
	// What is the option or the method.
	What string
}

func (e *NeedsEngineError) Error() string {
	return e.What + " needs podsim's own engine, and the test runs on a cluster"
}
