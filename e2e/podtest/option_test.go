package podtest

import (
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

// paperPod is a pod that no target has.
func paperPod(t *testing.T) *Pod {
	made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "paper"}}
	return &Pod{t: t, space: &space{}, name: made.Name, created: made, history: newHistory(made, time.Now())}
}
