package podsecurity

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestThePodSecurityStandardThatAPodMeets(t *testing.T) {
	const restricted = "allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}"
	const escalation = `restricted: allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)`
	const capabilities = `restricted: unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])`
	const nonRoot = `restricted: runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)`
	const seccomp = `restricted: seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
	cases := []struct {
		name, spec, level string
		violations        []string
	}{
		{"a plain pod", spectest.Container(""), "baseline", []string{escalation, capabilities, nonRoot, seccomp}},
		{"a careful one", spectest.Container("securityContext: {" + restricted + "}"), "restricted", nil},
		{"one with all rights", spectest.Container("securityContext: {privileged: true}"), "privileged",
			[]string{`baseline: privileged (container "c" must not set securityContext.privileged=true)`, escalation, capabilities, nonRoot, seccomp}},
		{"a directory of the node", "{containers: [{name: c, image: i, securityContext: {" + restricted + "}}], volumes: [{name: v, hostPath: {path: /}}]}", "privileged",
			[]string{`baseline: hostPath volumes (volume "v")`, `restricted: restricted volume types (volume "v" uses restricted volume type "hostPath")`}},
		{"a sidecar counts as well", "{containers: [{name: m, image: i, securityContext: {" + restricted + "}}], initContainers: [{name: c, image: i, restartPolicy: Always}]}",
			"baseline", []string{escalation, capabilities, nonRoot, seccomp}},
	}
	evaluator, err := NewEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			verdict := evaluator.Evaluate(spectest.Pod(t, c.spec))
			if verdict.Level != c.level {
				t.Errorf("level %s, want %s", verdict.Level, c.level)
			}
			var violations []string
			for _, v := range verdict.Violations {
				violations = append(violations, v.Level+": "+v.String())
			}
			if diff := cmp.Diff(c.violations, violations); diff != "" {
				t.Error(diff)
			}
		})
	}
}
