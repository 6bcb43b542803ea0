package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/workload"
)

// Options are the surroundings of a Load. The zero value is usable.
type Options struct {
	Stdin      io.Reader    // what the input "-" reads; nil makes that input an error
	Texts      []Text       // further inputs, after the others
	Namespace  string       // for objects that name none; "" means "default". When set, an object of another namespace is an error
	Relocate   bool         // an object of another namespace than Namespace is moved there instead
	HTTPClient *http.Client // for http and https inputs; nil means one that gives up after 30 seconds
	WithoutPod bool         // true: objects without any Pod are fine; false: nothing to run is an error

	// Replicas is how many pods to make of each workload; 0 means one, or none where the workload itself wants none.
	Replicas int
	// Amend, if not nil, changes the spec of each pod, or of the template of a workload, before its defaults are filled in. The object has
	// its name and namespace by then.
	Amend func(object metav1.Object, spec *corev1.PodSpec)
	// WarnUnsupported makes what podsim cannot run a warning instead of an error, for those who only want to know.
	WarnUnsupported bool
	// KeepTokenVolume keeps the volume with the credentials of a service account that a cluster added to its pods (S1.3).
	KeepTokenVolume bool
	// ClusterAPI: the pods are for a node that lets them reach its API, so that credentials have an effect.
	ClusterAPI bool
	// FeatureGates decide which fields of a pod there are. A field whose feature is off is dropped, with a warning.
	FeatureGates podspec.FeatureGates
}

// Text is an input that is at hand.
type Text struct {
	Name    string // what problems call it
	Content string
	// Made: it was made of objects by a program. Problems tell neither lines nor documents of it, which nobody has seen.
	Made bool
}

// Contents is what the inputs hold, in their order, defaulted and valid.
type Contents struct {
	Objects      []Object      // all of the kinds that podsim reads, as they were given
	Pods         []*corev1.Pod // those of workloads included
	ConfigMaps   []*corev1.ConfigMap
	Secrets      []*corev1.Secret
	Claims       []*corev1.PersistentVolumeClaim // those of StatefulSets included
	Services     []*corev1.Service
	Accounts     []*corev1.ServiceAccount
	TrustBundles []*certificatesv1.ClusterTrustBundle
	Policy       Policy
	Workloads    []Workload
	Warnings     Problems // all that is not wrong enough to refuse the inputs
}

// Load reads Pods, workloads, which become the pods that their controllers would make, ConfigMaps, Secrets,
// PersistentVolumeClaims, Services, ServiceAccounts, ClusterTrustBundles, roles and their bindings, and Lists of them. Objects of other
// kinds are passed over with a warning. An input is a file, a directory (its *.yaml, *.yml and *.json in the order of their names, no subdirectories),
// "-" for standard input, or an http or https URL; it may hold several documents. Objects that a cluster printed are taken too: what a
// server sets is dropped.
//
// An error is of type Problems and tells everything that is wrong in all inputs; there is no Contents then.
func Load(ctx context.Context, inputs []string, opts Options) (*Contents, error) {
	sources, problems := readSources(ctx, inputs, opts)
	l := loading{options: opts, problems: problems, firstPlaces: map[string]place{}, made: map[string]bool{}}
	for _, t := range opts.Texts {
		sources = append(sources, source{name: t.Name, text: clean([]byte(t.Content))})
		l.made[t.Name] = t.Made
	}
	decoder := decoder{object: l.take, skipped: l.skip, problem: l.refuse, warning: l.warn}
	for _, s := range sources {
		documents, broken := splitDocuments(s)
		if len(documents) == 0 && !s.fromDirectory {
			l.refuse(emptyProblem(s))
		}
		for _, doc := range documents {
			decoder.document(doc)
		}
		if broken != nil {
			l.refuse(broken)
		}
	}
	l.lendPullSecrets()
	if len(l.problems) == 0 && len(l.contents.Pods) == 0 && !opts.WithoutPod {
		l.refuse(&Problem{Source: strings.Join(sourceNames(inputs, opts.Texts), ", "), Reason: Invalid, Err: errors.New(l.nothingToRun())})
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return &l.contents, nil
}

func emptyProblem(s source) *Problem {
	reason := "nothing but comments in it"
	if len(strings.TrimSpace(string(s.text))) == 0 {
		reason = "it is empty"
	}
	return &Problem{Source: s.name, Reason: Invalid, Err: fmt.Errorf("no Kubernetes object: %s", reason)}
}

func sourceNames(inputs []string, texts []Text) []string {
	var names []string
	for _, input := range inputs {
		names = append(names, sourceName(input))
	}
	for _, t := range texts {
		names = append(names, t.Name)
	}
	return names
}

// loading is a Load under way.
type loading struct {
	options     Options
	contents    Contents
	problems    Problems
	firstPlaces map[string]place // by kind, namespace and name
	idle        []string         // why the objects that could have been run were not
	made        map[string]bool  // by a source's name: Text.Made
}

func (l *loading) refuse(p *Problem) { l.problems = append(l.problems, l.located(p)) }

func (l *loading) warn(p *Problem) { l.contents.Warnings = append(l.contents.Warnings, l.located(p)) }

// located is a problem at a place that the inputs' author knows.
func (l *loading) located(p *Problem) *Problem {
	if l.made[p.Source] {
		p.Document, p.Line = 0, 0
	}
	return p
}

// skip passes over an object that podsim has no use for.
func (l *loading) skip(p place, why string) {
	l.warn(p.problem(Unused, "", errors.New(why)))
	l.idle = append(l.idle, fmt.Sprintf("the %s %q is not run", p.kind, p.name))
}

// nothingToRun says that there is no pod, and what there is instead.
func (l *loading) nothingToRun() string {
	words := "nothing to run: there is no Pod, and nothing of which one is made"
	const most = 3
	if len(l.idle) > most {
		l.idle = append(l.idle[:most], "and so on")
	}
	if len(l.idle) > 0 {
		words += " (" + strings.Join(l.idle, ", ") + ")"
	}
	return words
}

// take finishes a decoded object (namespace, name, defaults, validation) and adds it to the Contents.
func (l *loading) take(o object) {
	dropServerFields(o.Object, l.options.KeepTokenVolume)
	if problem := placeInNamespace(o, l.options.Namespace, l.options.Relocate); problem != nil {
		l.refuse(problem)
		return
	}
	if o.GetName() == "" && o.GetGenerateName() != "" {
		seed := fmt.Sprintf("%s/%d/%d", o.GetNamespace(), o.document, o.item)
		if _, isText := l.made[o.source]; isText { // such as the options of a test, of which many may have one document each
			seed = o.source + "/" + seed
		}
		o.SetName(workload.GeneratedName(o.GetGenerateName(), seed))
	}
	l.amend(o)
	for _, warning := range warnings(o, l.options) {
		l.warn(warning)
	}
	refused, unsupported := admit(o, l.options.FeatureGates)
	for _, err := range refused {
		l.refuse(o.problem(Invalid, err.Field, err))
	}
	for _, err := range unsupported {
		if problem := o.problem(NotSupported, err.Field, err); l.options.WarnUnsupported {
			l.warn(problem)
		} else {
			l.refuse(problem)
		}
	}
	key := o.kind + "/" + o.GetNamespace() + "/" + o.GetName()
	if first, ok := l.firstPlaces[key]; ok && o.GetName() != "" {
		l.refuse(o.problem(Invalid, "metadata.name",
			fmt.Errorf("metadata.name: given twice, first at %s", l.located(first.problem(Invalid, "metadata.name", nil)).place())))
		return
	}
	l.firstPlaces[key] = o.place
	if len(refused) == 0 {
		l.add(o)
	}
}

// amend has the caller change the object, if it is a pod or makes pods.
func (l *loading) amend(o object) {
	if l.options.Amend == nil {
		return
	}
	if pod, ok := o.Object.(*corev1.Pod); ok {
		l.options.Amend(pod, &pod.Spec)
	} else if template, _ := workload.Template(o.Object); template != nil {
		l.options.Amend(o, &template.Spec)
	}
}

// add files a valid object under its kind.
func (l *loading) add(o object) {
	c := &l.contents
	c.Objects = append(c.Objects, Object{Object: o.Object, Kind: o.gvk, place: o.place})
	switch object := o.Object.(type) {
	case *corev1.Pod:
		c.Pods = append(c.Pods, object)
	case *corev1.ConfigMap:
		c.ConfigMaps = append(c.ConfigMaps, object)
	case *corev1.Secret:
		c.Secrets = append(c.Secrets, object)
	case *corev1.PersistentVolumeClaim:
		c.Claims = append(c.Claims, object)
	case *corev1.Service:
		c.Services = append(c.Services, object)
	case *corev1.ServiceAccount:
		c.Accounts = append(c.Accounts, object)
	case *certificatesv1.ClusterTrustBundle:
		c.TrustBundles = append(c.TrustBundles, object)
	default:
		if !c.Policy.add(object) {
			l.addWorkload(o)
		}
	}
}

// addWorkload adds what the controller of an object makes of it. A server looks at each pod on its own again; what it then
// refuses stands in the events of a cluster and keeps the pod from being.
func (l *loading) addWorkload(o object) {
	made := workload.Make(o.Object, l.options.Replicas)
	l.contents.Workloads = append(l.contents.Workloads, Workload{Object: o.Object, Kind: o.kind, Owner: made.Owner})
	if made.NoPods != "" {
		l.warn(o.problem(Unused, "", errors.New(made.NoPods+": no pod is made of it unless --replicas says how many")))
		l.idle = append(l.idle, fmt.Sprintf("of the %s %q none is made: %s", o.kind, o.name, made.NoPods))
	}
	_, template := workload.Template(o.Object)
	for _, pod := range made.Pods {
		refused, _ := AdmitPod(pod, l.options.FeatureGates)
		for _, err := range refused {
			l.refuse(o.problem(Invalid, inTemplate(template, err.Field), fmt.Errorf("the pod %q that it makes: %w", pod.Name, err)))
		}
		l.contents.Pods = append(l.contents.Pods, pod)
	}
	for _, claim := range made.Claims {
		defaults.Claim(claim)
		l.contents.Claims = append(l.contents.Claims, claim)
	}
}

// placeInNamespace gives an object the namespace of the Load, or refuses one that insists on another, as kubectl does, unless it may be
// moved.
func placeInNamespace(o object, namespace string, relocate bool) *Problem {
	switch o.Object.(type) {
	case *certificatesv1.ClusterTrustBundle, *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding:
		o.SetNamespace(metav1.NamespaceNone) // it is the cluster's
		return nil
	}
	switch own := o.GetNamespace(); {
	case relocate && namespace != "":
		o.SetNamespace(namespace)
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
