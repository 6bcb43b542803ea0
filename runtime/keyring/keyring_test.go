package keyring

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func dockerConfigJSON(text string) *corev1.Secret {
	return &corev1.Secret{Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(text)}}
}

func dockercfg(text string) *corev1.Secret {
	return &corev1.Secret{Type: corev1.SecretTypeDockercfg, Data: map[string][]byte{corev1.DockerConfigKey: []byte(text)}}
}

// found lists the credentials as "user:password".
func found(k *Keyring, repository string) []string {
	var all []string
	for _, c := range k.Lookup(repository) {
		all = append(all, c.Username+":"+c.Password)
	}
	return all
}

// for1 is a secret with one credential, whose user and password are what it is for.
func for1(scope string) *corev1.Secret {
	return dockerConfigJSON(`{"auths": {"` + scope + `": {"username": "` + scope + `", "password": "p"}}}`)
}

func TestWhatACredentialIsFor(t *testing.T) {
	for _, row := range []struct {
		scope, repository string
		want              bool
	}{
		{"registry.example.com", "registry.example.com/team/app", true},
		{"https://registry.example.com", "registry.example.com/team/app", true},
		{"http://registry.example.com/", "registry.example.com/team/app", true},
		{"https://registry.example.com/v1/", "registry.example.com/team/app", true},
		{"https://registry.example.com/v2/", "registry.example.com/team/app", true},
		{"https://registry.example.com/v2/team", "registry.example.com/team/app", true},
		{"registry.example.com", "other.example.com/team/app", false},
		{"registry.example.com/team", "registry.example.com/team/app", true},
		{"registry.example.com/team", "registry.example.com/teammates/app", true}, // a prefix of the text, as in a kubelet
		{"registry.example.com/team", "registry.example.com/other/app", false},
		{"registry.example.com:5000", "registry.example.com:5000/app", true},
		{"registry.example.com", "registry.example.com:5000/app", false},
		{"registry.example.com:5000", "registry.example.com/app", false},
		{"*.example.com", "registry.example.com/app", true},
		{"*.example.com", "a.registry.example.com/app", false},
		{"*.*.example.com", "a.registry.example.com/app", true},
		{"reg*.example.com/team", "registry.example.com/team/app", true},
		{"*.example.com/team", "registry.example.com/other/app", false},
		{"https://index.docker.io/v1/", "docker.io/library/busybox", true},
		{"index.docker.io", "docker.io/library/busybox", true},
		{"docker.io", "docker.io/library/busybox", true},
		{"https://index.docker.io/v1/", "registry.example.com/app", false},
		{"localhost:5000", "localhost:5000/app", true},
		{"127.0.0.1:5000", "127.0.0.1:5000/app", true},
		{"%zz", "registry.example.com/app", false},
	} {
		k, err := New([]*corev1.Secret{for1(row.scope)})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(k.Lookup(row.repository)) == 1; got != row.want {
			t.Errorf("%s for %s: %v", row.scope, row.repository, got)
		}
	}
}

func TestTheOrderInWhichCredentialsAreTried(t *testing.T) {
	secrets := []*corev1.Secret{
		dockerConfigJSON(`{"auths": {"r.io": {"username": "first", "password": "1"}, "*.io": {"username": "wild", "password": "2"}}}`),
		dockercfg(`{"r.io": {"username": "second", "password": "3"}, "r.io/team": {"username": "team", "password": "4"}}`),
		{Type: corev1.SecretTypeOpaque, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths": {"r.io": {"username": "other"}}}`)}},
		dockerConfigJSON(""),
	}
	k, err := New(secrets)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"team:4", "first:1", "second:3", "wild:2"}, found(k, "r.io/team/app")); diff != "" {
		t.Errorf("longer paths first, then by the order of the secrets:\n%s", diff)
	}
	twice, err := New([]*corev1.Secret{dockercfg(`{"r.io": {"username": "a"}, "https://r.io/v2/": {"username": "b"}, "http://r.io": {"username": "c"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c:", "b:", "a:"}, found(twice, "r.io/app")); diff != "" {
		t.Errorf("several of one secret for one registry:\n%s", diff)
	}
	if diff := cmp.Diff([]string(nil), found(k, "registry.example.com/app")); diff != "" {
		t.Errorf("for another registry:\n%s", diff)
	}
}

func TestTheFieldAuth(t *testing.T) {
	encode := base64.StdEncoding.EncodeToString
	for _, row := range []struct{ auth, want, err string }{
		{encode([]byte("user:pass:word")), "user:pass:word", ""},
		{encode([]byte("user:secret12")), "user:secret12", ""},
		{strings.TrimRight(encode([]byte("user:password")), "="), "user:password", ""},
		{encode([]byte("hunter2hunter2")), "", "unable to parse auth field, must be formatted as base64(username:password)"},
		{"hunter2!", "", "illegal base64 data at input byte 7"},
	} {
		k, err := New([]*corev1.Secret{dockerConfigJSON(`{"auths": {"r.io": {"username": "u", "password": "p", "auth": "` + row.auth + `"}}}`)})
		if row.err != "" {
			if err == nil || err.Error() != row.err || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: error %v", row.auth, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.auth, err)
		} else if got := found(k, "r.io/app"); len(got) != 1 || got[0] != row.want {
			t.Errorf("%s: %q", row.auth, got)
		}
	}
}
