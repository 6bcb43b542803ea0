package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestAddedEphemeralContainersAreValidated(t *testing.T) { // (S2.86)
	const e = "spec.ephemeralContainers[0]"
	cases := []struct {
		name, added string
		want        []string
	}{
		{"a plain one", "{name: e, image: i}", nil},
		{"all that it may have", "{name: e, image: i, command: [sh], args: [x], workingDir: /, env: [{name: A, value: b}], envFrom: [{secretRef: {name: s}}], volumeMounts: [{name: v, mountPath: /v}], " +
			"terminationMessagePath: /m, terminationMessagePolicy: File, imagePullPolicy: Never, securityContext: {privileged: true}, stdin: true, stdinOnce: true, tty: true, targetContainerName: main}", nil},
		{"a sidecar as the target", "{name: e, image: i, targetContainerName: init}", nil},
		{"no name and no image", "{}", []string{e + ".name: Required value", e + ".image: Required value"}},
		{"blanks around the image", "{name: e, image: ' i'}", []string{e + `.image: Invalid value: " i": must not have leading or trailing whitespace`}},
		{"a pull policy", "{name: e, image: i, imagePullPolicy: always}", []string{e + `.imagePullPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"`}},
		{"a name of a main", "{name: main, image: i}", []string{e + `.name: Duplicate value: "main"`}},
		{"a name of an init", "{name: init, image: i}", []string{e + `.name: Duplicate value: "init"`}},
		{"a name twice", "{name: e, image: i}, {name: e, image: i}", []string{`spec.ephemeralContainers[1].name: Duplicate value: "e"`}},
		{"a target that there is not", "{name: e, image: i, targetContainerName: x}", []string{e + `.targetContainerName: Not found: "x"`}},
		{"another ephemeral container as the target", "{name: e, image: i}, {name: f, image: i, targetContainerName: e}", []string{`spec.ephemeralContainers[1].targetContainerName: Not found: "e"`}},
		{"what the pod's work would rest on", "{name: e, image: i, ports: [{containerPort: 1}], resources: {limits: {cpu: 1}}, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}], restartPolicy: Always, " +
			"restartPolicyRules: [{action: Restart}], livenessProbe: {}, readinessProbe: {}, startupProbe: {}, lifecycle: {}}", []string{
			e + ".ports: Forbidden: cannot be set for an Ephemeral Container",
			e + ".resources: Forbidden: cannot be set for an Ephemeral Container",
			e + ".resizePolicy: Forbidden: cannot be set for an Ephemeral Container",
			e + ".restartPolicy: Forbidden: cannot be set for an Ephemeral Container",
			e + ".restartPolicyRules: Forbidden: cannot be set for an Ephemeral Container",
			e + ".livenessProbe: Forbidden: cannot be set for an Ephemeral Container",
			e + ".readinessProbe: Forbidden: cannot be set for an Ephemeral Container",
			e + ".startupProbe: Forbidden: cannot be set for an Ephemeral Container",
			e + ".lifecycle: Forbidden: cannot be set for an Ephemeral Container"}},
		{"a list without entries", "{name: e, image: i, ports: []}", []string{e + ".ports: Forbidden: cannot be set for an Ephemeral Container"}},
		{"a part of a volume", "{name: e, image: i, volumeMounts: [{name: v, mountPath: /a, subPath: x}, {name: v, mountPath: /b, subPathExpr: z}]}", []string{
			e + ".volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container",
			e + ".volumeMounts[1].subPathExpr: Forbidden: cannot be set for an Ephemeral Container"}},
		{"a volume that there is not", "{name: e, image: i, volumeMounts: [{name: w, mountPath: /w}]}", []string{e + `.volumeMounts[0].name: Not found: "w"`}},
	}
	const spec = "volumes: [{name: v}], containers: [{name: main, image: i}], initContainers: [{name: init, image: i, restartPolicy: Always}]"
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := spectest.Pod(t, "{"+spec+"}")
			after := spectest.Pod(t, "{"+spec+", ephemeralContainers: ["+c.added+"]}")
			if diff := cmp.Diff(c.want, spectest.Abbreviate(ValidateEphemeralContainersUpdate(after, before))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEphemeralContainersStayAsTheyAre(t *testing.T) { // (S2.87)
	pod := func(ephemeral string) string {
		return "{containers: [{name: c, image: i}], ephemeralContainers: [" + ephemeral + "]}"
	}
	const e, f = "{name: e, image: i}", "{name: f, image: i}"
	cases := []struct {
		name, before, after string
		want                []string // what the complaints begin with
	}{
		{"nothing", e, e, nil},
		{"one more", e, e + ", " + f, nil},
		{"one more at the front", e, f + ", " + e, nil},
		{"one less", e + ", " + f, f, []string{`spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed` + "\n"}},
		{"another name", e, f, []string{`spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed` + "\n"}},
		{"another image", e, "{name: e, image: j}", []string{`spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be changed` + "\n@@ "}},
		{"a list without entries", e, "{name: e, image: i, args: []}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := spectest.Abbreviate(ValidateEphemeralContainersUpdate(spectest.Pod(t, pod(c.after)), spectest.Pod(t, pod(c.before))))
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("got %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}

func TestEphemeralContainersAreDefaulted(t *testing.T) { // (S1.2)
	pod := spectest.Pod(t, "{containers: [{name: c, image: i}]}")
	pod.Spec.EphemeralContainers = spectest.Spec(t, "{ephemeralContainers: [{name: e, image: 'i:1', env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}, {name: f, image: i}]}").EphemeralContainers
	defaults.EphemeralContainers(pod)
	want := spectest.Spec(t, `{ephemeralContainers: [
        {name: e, image: 'i:1', env: [{name: A, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}],
            imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File},
        {name: f, image: i, imagePullPolicy: Always, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File}]}`).EphemeralContainers
	if diff := cmp.Diff(want, pod.Spec.EphemeralContainers); diff != "" {
		t.Error(diff)
	}
}
