package token

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWithoutAPlaceForTheKeyThereIsNone(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := LoadKey(""); err == nil || err.Error() != "the node has no place for the key of service account tokens" {
		t.Error(err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// anIssuer is one with a key of its own.
func anIssuer(t *testing.T) (*Issuer, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := LoadKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := NewIssuer(key, "podsim", "n-uid")
	if err != nil {
		t.Fatal(err)
	}
	return issuer, key
}

func TestWhatATokenSays(t *testing.T) {
	issuer, key := anIssuer(t)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "p", UID: "p-uid"}, Spec: corev1.PodSpec{ServiceAccountName: "builder"}}
	now := time.Unix(1_000_000, 0)
	for _, row := range []struct{ audience, want string }{{"vault", "vault"}, {"", IssuerURL}} {
		signed, err := issuer.Sign(ForPod(pod, row.audience, 10*time.Minute), now)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := parsed.Claims(key.Public(), &got); err != nil {
			t.Fatalf("its signature is not the key's: %v", err)
		}
		if got["jti"] == "" || parsed.Headers[0].KeyID == "" {
			t.Errorf("it has no identity: %v, %v", got["jti"], parsed.Headers[0])
		}
		delete(got, "jti")
		want := map[string]any{}
		err = json.Unmarshal([]byte(`{
			"iss": "https://kubernetes.default.svc.cluster.local", "sub": "system:serviceaccount:team:builder", "aud": ["`+row.want+`"],
			"iat": 1000000, "nbf": 1000000, "exp": 1000600,
			"kubernetes.io": {
				"namespace": "team", "node": {"name": "podsim", "uid": "n-uid"}, "pod": {"name": "p", "uid": "p-uid"},
				"serviceaccount": {"name": "builder", "uid": "`+string(UIDOf("serviceaccount", "team", "builder"))+`"}
			}}`), &want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("audience %q: -want +got:\n%s", row.audience, diff)
		}
	}
}

func TestTheKeyIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	first, err := LoadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadKey(file)
	if err != nil || !first.Equal(again) {
		t.Errorf("another key, error %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, error %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(file); err == nil {
		t.Error("nonsense is a key")
	}
}

func TestWhenATokenIsReplaced(t *testing.T) {
	for lifetime, want := range map[time.Duration]time.Duration{
		10 * time.Minute: 8 * time.Minute, time.Hour: 48 * time.Minute, 30 * time.Hour: 24 * time.Hour, 48 * time.Hour: 24 * time.Hour,
	} {
		if got := RefreshAfter(lifetime); got != want {
			t.Errorf("%v: after %v", lifetime, got)
		}
	}
}

func TestWhoATokenIsOf(t *testing.T) {
	newIssuer := func(name string) *Issuer {
		key, err := LoadKey(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		issuer, err := NewIssuer(key, "podsim", "n-uid")
		if err != nil {
			t.Fatal(err)
		}
		return issuer
	}
	issuer, now := newIssuer("key"), time.Unix(1_000_000, 0)
	sign := func(r Request) string {
		signed, err := issuer.Sign(r, now)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s", UID: "s-uid"}}
	signed := sign(Request{Namespace: "team", Account: "builder", Bound: secret, Audiences: []string{"a", "b"}, Lifetime: time.Hour})
	who, err := issuer.Verify(signed, now.Add(time.Minute))
	want := Identity{ID: who.ID, Namespace: "team", Account: "builder", UID: AccountUID("team", "builder"),
		Secret: &Reference{"s", "s-uid"}, Audiences: []string{"a", "b"}}
	if diff := cmp.Diff(want, who); diff != "" || err != nil || who.ID == "" {
		t.Errorf("%v: -want +got:\n%s", err, diff)
	}
	if _, err := issuer.Verify(signed, now.Add(time.Hour+time.Second)); err == nil || err.Error() != "service account token has expired" {
		t.Errorf("after its end: %v", err)
	}
	if _, err := issuer.Verify(signed, now.Add(-time.Second)); err == nil || errors.Is(err, ErrForeign) {
		t.Errorf("before its beginning: %v", err)
	}
	for name, foreign := range map[string]string{"nothing": "", "no token": "a.b.c", "another content": signed[:len(signed)-4] + "AAAA"} {
		if _, err := issuer.Verify(foreign, now); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := newIssuer("other").Verify(signed, now); !errors.Is(err, ErrForeign) {
		t.Errorf("by another key: %v", err)
	}
}

func TestTheKeysOfAnIssuerVerifyItsTokens(t *testing.T) {
	issuer, _ := anIssuer(t)
	signed, err := issuer.Sign(Request{Namespace: "team", Account: "builder", Lifetime: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(issuer.Keys())
	if err != nil {
		t.Fatal(err)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(shown, &keys); err != nil {
		t.Fatal(err)
	}
	token, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var said jwt.Claims
	if err := token.Claims(keys, &said); err != nil || said.Subject != "system:serviceaccount:team:builder" {
		t.Errorf("by %s: %+v, %v", shown, said, err)
	}
	if !keys.Keys[0].IsPublic() {
		t.Errorf("the keys give more away than they should: %s", shown)
	}
}
