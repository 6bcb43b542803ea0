package runtime

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/runtime/token"
)

// Tokens are replaced when a fifth of their life is left, and when a node finds pods whose tokens it does not know (S11.29).
func TestTokensAreReplacedInTime(t *testing.T) {
	keyFile := filepath.Join(t.TempDir(), "key")
	inWorld(t, func(w *world) {
		w.options.TokenKeyFile = keyFile
		w.restart(0)
		var updates []time.Duration
		begun := time.Now()
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if slices.Contains(x.Command, "update") {
				updates = append(updates, time.Since(begun).Truncate(time.Minute))
			}
			return enginetest.ExecResult{}
		})
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - name: tokens
    projected: {sources: [{serviceAccountToken: {path: a}}, {serviceAccountToken: {path: b, audience: vault, expirationSeconds: 6000}}]}
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [{name: tokens, mountPath: /t}]}]
`)
		time.Sleep(100 * time.Minute)
		synctest.Wait()
		if want := []time.Duration{48 * time.Minute, 80 * time.Minute, 96 * time.Minute}; !slices.Equal(updates, want) {
			t.Errorf("they were replaced after %v", updates)
		}
		w.restart(0)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(updates) != 4 {
			t.Errorf("with a new node they were replaced after %v", updates)
		}
	})
}

// TestATokenIsGoodAsLongAsWhatItEndsWith is told whose a token is while its pod is there, and a minute longer than the pod's grace period.
func TestATokenIsGoodAsLongAsWhatItEndsWith(t *testing.T) {
	in := store.New(1)
	o := objects{in, newTokens(Options{ID: "n", TokenKeyFile: filepath.Join(t.TempDir(), "key")})}
	pod, err := in.Pods.Create(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "p", UID: "p-uid"}, Spec: corev1.PodSpec{ServiceAccountName: "builder"},
	})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(r token.Request) string {
		t.Helper()
		signed, err := o.SignToken(r)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	bound := sign(token.ForPod(pod, "", time.Hour))
	free := sign(token.Request{Namespace: "team", Account: "builder", Audiences: []string{"vault", "other"}, Lifetime: time.Hour})
	review := func(signed string, audiences ...string) (*authenticator.Response, string) {
		ctx := t.Context()
		if audiences != nil {
			ctx = authenticator.WithAudiences(ctx, audiences)
		}
		return told(o.AuthenticateToken(ctx, signed))
	}
	who, problem := review(bound)
	if problem != "" {
		t.Fatal(problem)
	}
	extra := who.User.GetExtra()
	if who.User.GetName() != "system:serviceaccount:team:builder" || who.User.GetUID() != string(token.AccountUID("team", "builder")) ||
		!slices.Equal(who.User.GetGroups(), []string{"system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"}) ||
		extra["authentication.kubernetes.io/pod-name"][0] != "p" || extra["authentication.kubernetes.io/node-name"][0] != NodeName {
		t.Errorf("the pod's token: %+v", who.User)
	}
	if _, problem := review(bound, "vault"); !strings.HasPrefix(problem, "token audiences [") {
		t.Errorf("for others: %s", problem)
	}
	if _, problem := review(free, "vault"); problem != `serviceaccounts "builder" not found` {
		t.Errorf("without the account: %s", problem)
	}
	if _, err := in.ServiceAccounts.Create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "builder"}}); err != nil {
		t.Fatal(err)
	}
	if who, problem := review(free, "vault"); problem != "" || !slices.Equal(who.Audiences, []string{"vault"}) {
		t.Errorf("with the account: %+v, %s", who, problem)
	}
	if _, problem := review("a.b.c"); problem != "unknown" {
		t.Errorf("a foreign token: %s", problem)
	}
	ends := func(ago time.Duration) {
		_, err := in.Pods.Update(store.KeyOf(pod), func(pod *corev1.Pod) error {
			at := metav1.NewTime(time.Now().Add(-ago))
			pod.DeletionTimestamp = &at
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ends(50 * time.Second)
	if _, problem := review(bound); problem != "" {
		t.Errorf("while the pod ends: %s", problem)
	}
	ends(70 * time.Second)
	if _, problem := review(bound); problem != "service account token has been invalidated" {
		t.Errorf("long after its grace period: %s", problem)
	}
	if _, err := in.Pods.Delete(store.KeyOf(pod), nil); err != nil {
		t.Fatal(err)
	}
	if _, problem := review(bound); problem != `pods "p" not found` {
		t.Errorf("without the pod: %s", problem)
	}
}

// told is what was said of a token, with why nothing was: "unknown" for a token of others.
func told(who *authenticator.Response, known bool, err error) (*authenticator.Response, string) {
	switch {
	case err != nil:
		return nil, err.Error()
	case !known:
		return nil, "unknown"
	}
	return who, ""
}
