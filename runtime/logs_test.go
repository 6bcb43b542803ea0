package runtime

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestWhichInstanceALogIsOf(t *testing.T) { // (S10.43, S10.44)
	const (
		ended   = "terminated: {containerID: 'docker://before'}"
		current = "containerID: 'docker://now', "
	)
	for _, c := range []struct {
		name, status string
		previous     bool
		want         string
	}{
		{"one that runs", current + "state: {running: {}}, lastState: {" + ended + "}", false, "now"},
		{"the one before it", current + "state: {running: {}}, lastState: {" + ended + "}", true, "before"},
		{"one that has ended", current + "state: {terminated: {containerID: 'docker://now'}}", false, "now"},
		{"one before it that never was", current + "state: {terminated: {containerID: 'docker://now'}}", true,
			`previous terminated container "c" in pod "p" not found`},
		{"of a container that waits, the one before", current + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {" + ended + "}", false, "before"},
		{"one before that is gone with its log (S4.61)", current + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137}}", false,
			`container "c" in pod "p" is waiting to start: CrashLoopBackOff`},
		{"and asked for", current + "state: {running: {}}, lastState: {terminated: {exitCode: 137}}", true,
			`previous terminated container "c" in pod "p" not found`},
		{"of a container that is being created", "state: {waiting: {reason: ContainerCreating}}", false, `container "c" in pod "p" is waiting to start: ContainerCreating`},
		{"of one whose image is not to be had", "state: {waiting: {reason: ErrImagePull}}", false,
			`container "c" in pod "p" is waiting to start: trying and failing to pull image`},
		{"of one whose pull is in back-off", "state: {waiting: {reason: ImagePullBackOff}}", false,
			`container "c" in pod "p" is waiting to start: trying and failing to pull image`},
		{"of one whose image is never pulled", "state: {waiting: {reason: ErrImageNeverPull}}", false,
			`container "c" in pod "p" is waiting to start: image can't be pulled`},
		{"of a container without a status", "", false, `container "c" in pod "p" is not available`},
		{"of one that ended without an instance", "state: {terminated: {exitCode: 137}}", false, `container "c" in pod "p" is not available`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pod := &corev1.Pod{}
			pod.Name = "p"
			if c.status != "" {
				if err := yaml.UnmarshalStrict([]byte("{containerStatuses: [{name: c, "+c.status+"}]}"), &pod.Status); err != nil {
					t.Fatal(err)
				}
			}
			got, err := loggedInstance(pod, &corev1.PodLogOptions{Container: "c", Previous: c.previous})
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
