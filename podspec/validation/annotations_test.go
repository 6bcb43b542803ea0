package validation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestAnnotationsThatMeanSomethingAreValidated(t *testing.T) {
	const seccomp, appArmor = "container.seccomp.security.alpha.kubernetes.io/c", "container.apparmor.security.beta.kubernetes.io/"
	cases := []struct {
		name, annotation, value, securityContext string
		want                                     []string
	}{
		{"a mirror without a node", "kubernetes.io/config.mirror", "x", "{}", []string{`metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`}},
		{"a cost with a plus sign", "controller.kubernetes.io/pod-deletion-cost", "+1", "{}", []string{`metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer`}},
		{"a negative cost", "controller.kubernetes.io/pod-deletion-cost", "-1", "{}", nil},
		{"tolerations that are no JSON", "scheduler.alpha.kubernetes.io/tolerations", "x", "{}",
			[]string{`metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/tolerations": invalid character 'x' looking for beginning of value`}},
		{"an unknown seccomp profile", seccomp, "x", "{}", []string{`metadata.annotations.` + seccomp + `: Invalid value: "x": must be a valid seccomp profile`}},
		{"a seccomp profile that the field does not have", seccomp, "unconfined", "{seccompProfile: {type: RuntimeDefault}}",
			[]string{`C0.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match`}},
		{"a seccomp profile that the field has", seccomp, "docker/default", "{seccompProfile: {type: RuntimeDefault}}", nil},
		{"an AppArmor profile of nobody (S1.2.2)", appArmor + "nope", "unconfined", "{}", []string{`metadata.annotations[` + appArmor + `nope]: Invalid value: "nope": container not found`}},
		{"an unknown AppArmor profile (S1.2.2)", appArmor + "c", "x", "{}", []string{`metadata.annotations[` + appArmor + `c]: Invalid value: "x": invalid AppArmor profile name: "x"`}},
		{"an AppArmor profile that the field does not have (S1.2.2)", appArmor + "c", "localhost/a", "{appArmorProfile: {type: Localhost, localhostProfile: b}}",
			[]string{`C0.securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match`}},
		{"an AppArmor profile that takes the field's place (S1.2.2)", appArmor + "c", "localhost/a", "{}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := spectest.Pod(t, spectest.Container("securityContext: "+c.securityContext))
			pod.Annotations = map[string]string{c.annotation: c.value}
			defaults.Pod(pod)
			if diff := cmp.Diff(c.want, spectest.Abbreviate(ValidatePod(pod, nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
