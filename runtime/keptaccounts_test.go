package runtime

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The account that every namespace has is kept once it says something, whoever had it say that: nobody keeps book of its writers.
func TestTheDefaultAccountIsKeptOnceItSaysSomething(t *testing.T) {
	for name, c := range map[string]struct {
		account corev1.ServiceAccount
		kept    bool
	}{
		"as it was made":    {corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "u"}}, false},
		"another":           {corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, true},
		"with labels":       {corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Labels: map[string]string{"a": "b"}}}, true},
		"with pull secrets": {corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}, ImagePullSecrets: []corev1.LocalObjectReference{{Name: "r"}}}, true},
		"without a token":   {corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}, AutomountServiceAccountToken: new(bool)}, true},
	} {
		if got := isUsersAccount(&c.account); got != c.kept {
			t.Errorf("%s: kept %v, want %v", name, got, c.kept)
		}
	}
}
