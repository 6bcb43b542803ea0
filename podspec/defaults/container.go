package defaults

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// container is the part of S1.2 that all kinds of containers share.
func container(c *corev1.Container) {
	setDefault(&c.ImagePullPolicy, pullPolicy(c.Image))
	setDefault(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	setDefault(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		setDefault(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil && from.FieldRef != nil {
			setDefault(&from.FieldRef.APIVersion, "v1")
		}
	}
	for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		probe(p)
	}
	for _, get := range httpGets(c) {
		setDefault(&get.Path, "/")
		setDefault(&get.Scheme, corev1.URISchemeHTTP)
	}
	roundUp(c.Resources.Limits)
	roundUp(c.Resources.Requests)
}

// HTTPProtocols is for the time that H2CContainerProbe is on: a request is then HTTP/1.1 by its words, too.
func HTTPProtocols(pod *corev1.Pod) {
	for c := range podspec.AllContainers(pod) {
		for _, get := range httpGets(c) {
			setDefaultPointer(&get.Protocol, corev1.HTTPProtocolHTTP1)
		}
	}
}

// httpGets are the requests of a container's probes and hooks.
func httpGets(c *corev1.Container) []*corev1.HTTPGetAction {
	var gets []*corev1.HTTPGetAction
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if probe != nil && probe.HTTPGet != nil {
			gets = append(gets, probe.HTTPGet)
		}
	}
	if c.Lifecycle == nil {
		return gets
	}
	for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
		if hook != nil && hook.HTTPGet != nil {
			gets = append(gets, hook.HTTPGet)
		}
	}
	return gets
}

func probe(probe *corev1.Probe) {
	if probe == nil {
		return
	}
	setDefault(&probe.TimeoutSeconds, 1)
	setDefault(&probe.PeriodSeconds, 10)
	setDefault(&probe.SuccessThreshold, 1)
	setDefault(&probe.FailureThreshold, 3)
	if probe.GRPC != nil {
		setDefaultPointer(&probe.GRPC.Service, "")
	}
}
