package podtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOptionsThatAreRefused(t *testing.T) {
	for want, options := range map[string][]Option{
		"MaxRestartBackoff(-1s): it must be at least 1s":                       {MaxRestartBackoff(-time.Second)},
		"MaxRestartBackoff(10ms): it must be at least 1s":                      {MaxRestartBackoff(10 * time.Millisecond)},
		"Patience(0s): it must be above 0":                                     {Patience(0)},
		"Patience(-1s): it must be above 0":                                    {Patience(-time.Second)},
		"OnCluster(nil): it takes the configuration that leads to the cluster": {OnCluster(nil)},
		"option 2 of 3 is nil":                                                 {YAML(sleeper), nil, Patience(time.Second)},
	} {
		if _, err := newSetup(options); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := newSetup([]Option{MaxRestartBackoff(0), MaxRestartBackoff(time.Second), Patience(1)}); err != nil {
		t.Error(err)
	}
}

func TestNoConditionIsAnError(t *testing.T) {
	const want = "pod paper: waiting until its condition holds: it is nil"
	if err := paperPod(t).WaitForContext(t.Context(), nil); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

func TestPortsThatThereAreNone(t *testing.T) {
	for _, port := range []int{-1, 0, 65536, 70000} {
		want := fmt.Sprintf("pod paper: forwarding its port %d: a port is a number from 1 to 65535", port)
		if _, err := paperPod(t).ForwardContext(t.Context(), port); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// paperPod is a pod that no target has.
func paperPod(t *testing.T) *Pod {
	made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "paper"}}
	return &Pod{t: t, space: &space{}, name: made.Name, created: made, history: newHistory(made, time.Now())}
}

func TestErrorsNameTheOptionThatTheyAreAbout(t *testing.T) {
	const wrong = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {container: []}\n"
	secret, pod := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "job"}}
	for want, options := range map[string][]Option{
		`YAML option 1:4: document 1 (Pod "web"): `:                 {YAML(wrong)},
		`YAML option 2:5: document 1 (Pod "web"): `:                 {YAML(sleeper), Objects(pod.DeepCopy()), YAML("\n" + wrong)},
		`Objects option 2 (Pod "job"): spec.containers: `:           {YAML(sleeper), Objects(secret), Objects(pod)},
		`YAML option 1: no Kubernetes object: it is empty`:          {YAML("")},
		`there is no container "nope"; there are app`:               {YAML(sleeper), Build("nope", t.TempDir())},
		`there is no manifest; give one with File, YAML or Objects`: {Objects()},
	} {
		s, err := newSetup(options)
		if err == nil {
			_, err = s.load(t.Context())
		}
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+want) || strings.Contains(err.Error(), "stdin") {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
