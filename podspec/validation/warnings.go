package validation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
)

// Warning is something about a field that is allowed and still not what its author can have meant.
type Warning struct {
	Path string // of the field
	Text string // all of it, the field's path included where it has one
}

// Warnings are those that an API server sends about a pod that it accepts (S1.3.2). The pod is as it was written: the server looks at
// most of it after it has filled in the defaults, which turn a negative grace period into 1 and round quantities up.
func Warnings(pod *corev1.Pod) []Warning {
	w := &warner{}
	for c := range podspec.ContainersWithPaths(&pod.Spec, nil) {
		if !isForWindows(&pod.Spec) {
			w.appArmor(c, &pod.ObjectMeta, &pod.Spec, field.NewPath("metadata", "annotations"))
		}
	}
	pod = pod.DeepCopy()
	defaults.Pod(pod)
	if complaints := validation.IsDNS1123Label(pod.Name); len(complaints) > 0 && len(validation.IsDNS1123Subdomain(pod.Name)) == 0 {
		w.at(field.NewPath("metadata", "name"), "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: %v",
			complaints)
	}
	w.pod(&pod.ObjectMeta, &pod.Spec, nil)
	return w.found
}

// warner collects warnings.
type warner struct{ found []Warning }

// at adds a Warning that begins with its path.
func (w *warner) at(path *field.Path, format string, args ...any) {
	w.found = append(w.found, Warning{path.String(), path.String() + ": " + fmt.Sprintf(format, args...)})
}

// deprecatedLabels are labels of nodes that a pod should not select by any more.
var deprecatedLabels = map[string]string{
	"beta.kubernetes.io/arch":                       `deprecated since v1.14; use "kubernetes.io/arch" instead`,
	"beta.kubernetes.io/os":                         `deprecated since v1.14; use "kubernetes.io/os" instead`,
	"failure-domain.beta.kubernetes.io/region":      `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
	"failure-domain.beta.kubernetes.io/zone":        `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
	"beta.kubernetes.io/instance-type":              `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
	"app.kubernetes.io/created-by":                  "deprecated since v1.9",
	"scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
	"node-role.kubernetes.io/master":                `use "node-role.kubernetes.io/control-plane" instead`,
}

// deprecatedAnnotations have no function any more.
var deprecatedAnnotations = map[string]string{
	"scheduler.alpha.kubernetes.io/critical-pod":  `non-functional in v1.16+; use the "priorityClassName" field instead`,
	"security.alpha.kubernetes.io/sysctls":        `non-functional in v1.11+; use the "sysctls" field instead`,
	"security.alpha.kubernetes.io/unsafe-sysctls": `non-functional in v1.11+; use the "sysctls" field instead`,
}

// Annotations that a field has taken the place of.
const (
	seccompPodAnnotation       = "seccomp.security.alpha.kubernetes.io/pod"
	seccompContainerAnnotation = "container.seccomp.security.alpha.kubernetes.io/"
	useSeccompField            = `non-functional in v1.27+; use the "seccompProfile" field instead`
)

// pod warns of the annotations and the spec of a pod, whose path is nil, or of a template.
func (w *warner) pod(meta *metav1.ObjectMeta, spec *corev1.PodSpec, of *field.Path) {
	path, annotations := of.Child("spec"), of.Child("metadata", "annotations")
	w.nodes(spec, path)
	for _, key := range sortedKeys(meta.Annotations) {
		if text, ok := deprecatedAnnotations[key]; ok {
			w.at(annotations.Key(key), "%s", text)
		}
	}
	w.volumes(spec.Volumes, path.Child("volumes"))
	w.duplicates(spec, path)
	for _, name := range countedInBytes {
		w.fraction(spec.Overhead, name, path.Child("overhead"))
	}
	if _, ok := meta.Annotations[seccompPodAnnotation]; ok && (spec.SecurityContext == nil || spec.SecurityContext.SeccompProfile == nil) {
		w.at(annotations.Key(seccompPodAnnotation), useSeccompField)
	}
	var ports []placedPort
	for c, at := range podspec.ContainersWithPaths(spec, path) {
		w.profiles(c, meta, spec, of)
		for _, name := range countedInBytes {
			w.fraction(c.Resources.Limits, name, at.Child("resources", "limits"))
			w.fraction(c.Resources.Requests, name, at.Child("resources", "requests"))
		}
		w.hiddenVariables(c.Env, at.Child("env"))
		for i, port := range c.Ports {
			ports = append(ports, placedPort{port, at.Child("ports").Index(i)})
		}
	}
	w.ports(ports)
	if grace := spec.TerminationGracePeriodSeconds; grace != nil && *grace < 0 {
		w.at(path.Child("terminationGracePeriodSeconds"), "must be >= 0; negative values are invalid and will be treated as 1")
	}
	w.pods(spec.Affinity, path.Child("affinity"))
	w.addresses(spec, path)
}

// profiles warns of annotations of a container in whose place there is a field.
func (w *warner) profiles(c *corev1.Container, meta *metav1.ObjectMeta, spec *corev1.PodSpec, of *field.Path) {
	annotations := of.Child("metadata", "annotations")
	key := seccompContainerAnnotation + c.Name
	if _, ok := meta.Annotations[key]; ok && (c.SecurityContext == nil || c.SecurityContext.SeccompProfile == nil) {
		w.at(annotations.Key(key), useSeccompField)
	}
	if of != nil {
		w.appArmor(c, meta, spec, annotations)
	}
}

// appArmor warns of an annotation that says nothing or something else than the field of the pod.
func (w *warner) appArmor(c *corev1.Container, meta *metav1.ObjectMeta, spec *corev1.PodSpec, annotations *field.Path) {
	key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
	value, ok := meta.Annotations[key]
	if !ok || c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
		return
	}
	if sc := spec.SecurityContext; sc == nil || sc.AppArmorProfile == nil || !equality.Semantic.DeepEqual(sc.AppArmorProfile, defaults.AppArmorProfile(value)) {
		w.at(annotations.Key(key), `deprecated since v1.30; use the "appArmorProfile" field instead`)
	}
}

// nodes warns of labels that nodes do not carry any more, and of constraints that count no pod.
func (w *warner) nodes(spec *corev1.PodSpec, path *field.Path) {
	for _, key := range sortedKeys(spec.NodeSelector) {
		if text, ok := deprecatedLabels[key]; ok {
			w.at(path.Child("nodeSelector").Key(key), "%s", text)
		}
	}
	if spec.Affinity != nil && spec.Affinity.NodeAffinity != nil {
		a, at := spec.Affinity.NodeAffinity, path.Child("affinity", "nodeAffinity")
		if required := a.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			for i, term := range required.NodeSelectorTerms {
				w.nodeTerm(term, false, at.Child(requiredAffinity, "nodeSelectorTerms").Index(i))
			}
		}
		for i, preferred := range a.PreferredDuringSchedulingIgnoredDuringExecution {
			w.nodeTerm(preferred.Preference, true, at.Child(preferredAffinity).Index(i).Child("preference"))
		}
	}
	for i, c := range spec.TopologySpreadConstraints {
		at := path.Child("topologySpreadConstraints").Index(i)
		if text, ok := deprecatedLabels[c.TopologyKey]; ok {
			w.at(at.Child("topologyKey"), "%s is %s", c.TopologyKey, text)
		}
		w.nullSelector(c.LabelSelector, at)
	}
}

// pods warns of selectors that match no pod.
func (w *warner) pods(affinity *corev1.Affinity, path *field.Path) {
	if affinity == nil {
		return
	}
	if a := affinity.PodAffinity; a != nil {
		w.podTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))
	}
	if a := affinity.PodAntiAffinity; a != nil {
		w.podTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))
	}
}

// addresses warns of IP addresses in forms that others may read differently.
func (w *warner) addresses(spec *corev1.PodSpec, path *field.Path) {
	if spec.DNSConfig != nil {
		for i, server := range spec.DNSConfig.Nameservers {
			w.address(server, path.Child("dnsConfig", "nameservers").Index(i))
		}
	}
	for i, alias := range spec.HostAliases {
		w.address(alias.IP, path.Child("hostAliases").Index(i).Child("ip"))
	}
}

// address warns of addresses that are written in a way to be misread; those that are none are refused.
func (w *warner) address(ip string, path *field.Path) {
	if len(validation.IsValidIPForLegacyField(path, ip, false, nil)) > 0 {
		return
	}
	if netutils.ParseIPSloppy(ip) == nil {
		return
	}
	for _, text := range validation.GetWarningsForIP(path, ip) {
		w.found = append(w.found, Warning{path.String(), text})
	}
}

// nodeTerm warns of deprecated labels and, in terms where they are no error, of values that no label can have.
func (w *warner) nodeTerm(term corev1.NodeSelectorTerm, values bool, path *field.Path) {
	for i, r := range term.MatchExpressions {
		at := path.Child("matchExpressions").Index(i)
		if text, ok := deprecatedLabels[r.Key]; ok {
			w.at(at.Child("key"), "%s is %s", r.Key, text)
		}
		for j, value := range r.Values {
			if !values {
				continue
			}
			for _, complaint := range validation.IsValidLabelValue(value) {
				w.at(at.Child("values").Index(j), "%s is invalid, %s", value, complaint)
			}
		}
	}
}

func (w *warner) podTerms(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, path *field.Path) {
	for i, term := range required {
		w.nullSelector(term.LabelSelector, path.Child(requiredAffinity).Index(i))
	}
	for i, term := range preferred {
		w.nullSelector(term.PodAffinityTerm.LabelSelector, path.Child(preferredAffinity).Index(i).Child("podAffinityTerm"))
	}
}

func (w *warner) nullSelector(selector *metav1.LabelSelector, path *field.Path) {
	if selector == nil {
		w.at(path.Child("labelSelector"), "a null labelSelector results in matching no pod")
	}
}

func (w *warner) duplicates(spec *corev1.PodSpec, path *field.Path) {
	ips, secrets := map[string]bool{}, map[string]bool{}
	for i, alias := range spec.HostAliases {
		if ips[alias.IP] {
			w.at(path.Child("hostAliases").Index(i).Child("ip"), "duplicate ip %q", alias.IP)
		}
		ips[alias.IP] = true
	}
	name := func(i int) *field.Path { return path.Child("imagePullSecrets").Index(i).Child("name") }
	for i, secret := range spec.ImagePullSecrets {
		if secrets[secret.Name] {
			w.at(name(i), "duplicate name %q", secret.Name)
		}
		secrets[secret.Name] = true
	}
	for i, secret := range spec.ImagePullSecrets {
		if secret.Name == "" {
			w.at(name(i), "invalid empty name %q", secret.Name)
		}
	}
}

// countedInBytes are the resources of which there are no fractions.
var countedInBytes = []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceEphemeralStorage}

func (w *warner) fraction(list corev1.ResourceList, name corev1.ResourceName, path *field.Path) {
	if value := list[name]; value.MilliValue()%1000 != 0 {
		w.at(path.Key(string(name)), "fractional byte value %q is invalid, must be an integer", value.String())
	}
}

// hiddenVariables warns of a variable that is defined again and does not build on its earlier value.
func (w *warner) hiddenVariables(env []corev1.EnvVar, path *field.Path) {
	for i, variable := range env {
		ref := "$(" + variable.Name + ")"
		builds := variable.ValueFrom == nil && strings.Contains(variable.Value, ref) && variable.Value != ref
		if !builds && slices.ContainsFunc(env[:i], func(other corev1.EnvVar) bool { return other.Name == variable.Name }) {
			w.at(path.Index(i), "hides previous definition of %q, which may be dropped when using apply", variable.Name)
		}
	}
}

// placedPort is a port and where it stands.
type placedPort struct {
	port corev1.ContainerPort
	path *field.Path
}

// key is what two ports that clash share.
func (p placedPort) key() string {
	return fmt.Sprintf("%d/%s", p.port.ContainerPort, cmp.Or(p.port.Protocol, corev1.ProtocolTCP))
}

func (w *warner) ports(all []placedPort) {
	for i, p := range all {
		if port := p.port; port.HostIP != "" && port.HostPort == 0 {
			w.at(p.path, "hostIP set without hostPort: {Name:%s HostPort:%d ContainerPort:%d Protocol:%s HostIP:%s}", port.Name, port.HostPort,
				port.ContainerPort, cmp.Or(port.Protocol, corev1.ProtocolTCP), port.HostIP)
		}
		for _, other := range all[:i] {
			if p.key() == other.key() {
				w.samePort(p, other)
			}
		}
	}
	for i, p := range all {
		first := slices.IndexFunc(all[:i], func(other placedPort) bool { return other.port.Name == p.port.Name })
		if p.port.Name != "" && first >= 0 {
			w.at(p.path, "duplicate port name %q with %s, services and probes that select ports by name will use %s", p.port.Name, all[first].path, all[first].path)
		}
	}
}

// samePort warns of two equal ports of containers that are published in ways that get into each other's way.
func (w *warner) samePort(p, other placedPort) {
	a, b := p.port, other.port
	switch {
	case a.HostIP == b.HostIP && a.HostPort == b.HostPort:
		w.at(p.path, "duplicate port definition with %s", other.path)
	case a.HostPort == 0 || b.HostPort == 0:
		w.at(p.path, "overlapping port definition with %s", other.path)
	case a.HostPort == b.HostPort && (a.HostIP == "") != (b.HostIP == ""):
		w.at(p.path, "dangerously ambiguous port definition with %s", other.path)
	}
}
