package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
)

// Options are the surroundings of a Load. The zero value is usable.
type Options struct {
	Stdin      io.Reader    // what the input "-" reads; nil makes that input an error
	Namespace  string       // for objects that name none; "" means "default". When set, an object of another namespace is an error
	HTTPClient *http.Client // for http and https inputs; nil means one that gives up after 30 seconds
	WithoutPod bool         // true: objects without any Pod are fine; false: nothing to run is an error

	// FeatureGates decide which fields of a pod there are. A field whose feature is off is dropped, with a warning.
	FeatureGates podspec.FeatureGates
}

// Contents is what the inputs hold, in their order, defaulted and valid.
type Contents struct {
	Pods       []*corev1.Pod
	ConfigMaps []*corev1.ConfigMap
	Secrets    []*corev1.Secret
	Claims     []*corev1.PersistentVolumeClaim
	Warnings   []string // for a person, each with its place
}

// Load reads Pods, ConfigMaps, Secrets, PersistentVolumeClaims and Lists of them. An input is a file, a directory (its
// *.yaml, *.yml and *.json in the order of their names, no subdirectories), "-" for standard input, or an http or https
// URL; it may hold several documents. Objects that a cluster printed are taken too: what a server sets is dropped.
//
// An error is of type Problems and tells everything that is wrong in all inputs; there is no Contents then.
func Load(ctx context.Context, inputs []string, opts Options) (*Contents, error) {
	sources, problems := readSources(ctx, inputs, opts)
	l := loading{namespace: opts.Namespace, gates: opts.FeatureGates, problems: problems, firstPlaces: map[string]place{}}
	decoder := decoder{
		object:  l.take,
		problem: func(p *Problem) { l.problems = append(l.problems, p) },
		warning: func(line string) { l.manifest.Warnings = append(l.manifest.Warnings, line) },
	}
	for _, s := range sources {
		documents, broken := splitDocuments(s)
		if len(documents) == 0 && !s.fromDirectory {
			l.problems = append(l.problems, emptyProblem(s))
		}
		for _, doc := range documents {
			decoder.document(doc)
		}
		if broken != nil {
			l.problems = append(l.problems, broken)
		}
	}
	if len(l.problems) == 0 && len(l.manifest.Pods) == 0 && !opts.WithoutPod {
		l.problems = append(l.problems, &Problem{Source: strings.Join(sourceNames(inputs), ", "), Reason: Invalid,
			Err: errors.New("nothing to run: there is no Pod")})
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return &l.manifest, nil
}

func emptyProblem(s source) *Problem {
	reason := "nothing but comments in it"
	if len(strings.TrimSpace(string(s.text))) == 0 {
		reason = "it is empty"
	}
	return &Problem{Source: s.name, Reason: Invalid, Err: fmt.Errorf("no Kubernetes object: %s", reason)}
}

func sourceNames(inputs []string) []string {
	names := make([]string, len(inputs))
	for i, input := range inputs {
		names[i] = sourceName(input)
	}
	return names
}

// loading is a Load under way.
type loading struct {
	namespace   string               // as in Options
	gates       podspec.FeatureGates // likewise
	manifest    Contents
	problems    Problems
	firstPlaces map[string]place // by kind, namespace and name
}

// take finishes a decoded object (namespace, defaults, validation) and adds it to the Contents.
func (l *loading) take(o object) {
	dropServerFields(o.Object)
	if problem := placeInNamespace(o, l.namespace); problem != nil {
		l.problems = append(l.problems, problem)
		return
	}
	l.manifest.Warnings = append(l.manifest.Warnings, warnings(o, l.gates)...)
	refused, unsupported := finish(o, l.gates)
	for _, err := range refused {
		l.problems = append(l.problems, o.problem(Invalid, err.Field, err))
	}
	for _, err := range unsupported {
		l.problems = append(l.problems, o.problem(NotSupported, err.Field, err))
	}
	key := o.kind + "/" + o.GetNamespace() + "/" + o.GetName()
	if first, ok := l.firstPlaces[key]; ok && o.GetName() != "" {
		l.problems = append(l.problems, o.problem(Invalid, "metadata.name",
			fmt.Errorf("metadata.name: given twice, first at %s", first.problem(Invalid, "metadata.name", nil).place())))
		return
	}
	l.firstPlaces[key] = o.place
	l.manifest.add(o)
}

func (m *Contents) add(o object) {
	switch o := o.Object.(type) {
	case *corev1.Pod:
		m.Pods = append(m.Pods, o)
	case *corev1.ConfigMap:
		m.ConfigMaps = append(m.ConfigMaps, o)
	case *corev1.Secret:
		m.Secrets = append(m.Secrets, o)
	case *corev1.PersistentVolumeClaim:
		m.Claims = append(m.Claims, o)
	}
}

// finish defaults and validates an object. Refused is what an API server says, unsupported what podsim cannot do.
func finish(o object, gates podspec.FeatureGates) (refused, unsupported field.ErrorList) {
	switch o := o.Object.(type) {
	case *corev1.Pod:
		return AdmitPod(o, gates)
	case *corev1.ConfigMap:
		return validation.ValidateConfigMap(o), nil
	case *corev1.Secret:
		defaults.Secret(o)
		return validation.ValidateSecret(o), nil
	case *corev1.PersistentVolumeClaim:
		defaults.Claim(o)
		return validation.ValidateClaim(o), nil
	}
	return nil, nil
}

// placeInNamespace gives an object the namespace of the Load, or refuses one that insists on another, as kubectl does.
func placeInNamespace(o object, namespace string) *Problem {
	switch own := o.GetNamespace(); {
	case own != "" && namespace != "" && own != namespace:
		return o.problem(Invalid, "metadata.namespace", serverWords(fmt.Sprintf("the namespace from the provided object %q does not match "+
			"the namespace %q. You must pass '--namespace=%s' to perform this operation.", own, namespace, own)))
	case own != "":
	case namespace != "":
		o.SetNamespace(namespace)
	default:
		o.SetNamespace(metav1.NamespaceDefault)
	}
	return nil
}
