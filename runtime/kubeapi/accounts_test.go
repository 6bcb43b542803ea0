package kubeapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// TestEveryNamespaceHasItsDefaultAccount takes one away, too: it comes back as another object.
func TestEveryNamespaceHasItsDefaultAccount(t *testing.T) {
	api := serve(t)
	ended := make(chan struct{})
	go func() { defer close(ended); api.handler.Run(api.ctx) }()
	defer func() { api.stop(); <-ended }()
	accounts := api.clients().CoreV1().ServiceAccounts("team")
	watcher, err := accounts.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	api.haveConfigMap("team", "first")
	if event := <-watcher.ResultChan(); event.Type != watch.Added || event.Object.(*corev1.ServiceAccount).Name != "default" {
		t.Fatalf("with the namespace: %v", event)
	}
	if err := accounts.Delete(t.Context(), "default", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []watch.EventType{watch.Deleted, watch.Added} {
		if event := <-watcher.ResultChan(); event.Type != want {
			t.Fatalf("after its deletion: %v, want %s", event, want)
		}
	}
}

func TestTokensAreMadeForAccountsAndReviewed(t *testing.T) {
	api := serve(t)
	ctx, clients := t.Context(), api.clients()
	accounts := clients.CoreV1().ServiceAccounts("team")
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "builder"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	seconds := int64(600)
	made, err := accounts.CreateToken(ctx, "builder", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"vault"}, ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil || made.Status.Token != "team/builder/vault/10m0s" || made.Name != "builder" ||
		made.Status.ExpirationTimestamp.Sub(made.CreationTimestamp.Time).Minutes() != 10 {
		t.Fatalf("made: %+v, %v", made, err)
	}
	seconds = 599
	api.havePod("other")
	elsewhere := &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: "nobody"}
	for name, c := range map[string]struct {
		account string
		spec    authenticationv1.TokenRequestSpec
		want    string
	}{
		"no account":  {"nobody", authenticationv1.TokenRequestSpec{}, `serviceaccounts "nobody" not found`},
		"too short":   {"builder", authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}, `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`},
		"no such pod": {"builder", authenticationv1.TokenRequestSpec{BoundObjectRef: elsewhere}, `pods "nobody" not found`},
		"no object of a pod": {"builder", authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{Kind: "Service", APIVersion: "v1"}},
			`cannot bind token to object of type /v1, Kind=Service`},
	} {
		if _, err := accounts.CreateToken(ctx, c.account, &authenticationv1.TokenRequest{Spec: c.spec}, metav1.CreateOptions{}); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	review := func(token string, audiences ...string) authenticationv1.TokenReviewStatus {
		t.Helper()
		r := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences}}
		r, err := clients.AuthenticationV1().TokenReviews().Create(ctx, r, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Status
	}
	if s := review(made.Status.Token, "vault", "other"); !s.Authenticated || s.User.Username != "system:serviceaccount:team:builder" || len(s.Audiences) != 1 || s.Error != "" {
		t.Errorf("its own token: %+v", s)
	}
	if s := review("who knows"); s.Authenticated || s.Error != "invalid bearer token" {
		t.Errorf("a foreign token: %+v", s)
	}
	if s := review("team/builder/vault/0s"); s.Authenticated || s.Error != "[invalid bearer token, service account token has expired]" {
		t.Errorf("an old token: %+v", s)
	}
}

func TestEverybodyMayDoEverything(t *testing.T) {
	api := serve(t)
	ctx, reviews := t.Context(), api.clients().AuthorizationV1()
	about := &authorizationv1.ResourceAttributes{Namespace: "team", Verb: "get", Resource: "pods"}
	one, err := reviews.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: about, User: "someone"}}, metav1.CreateOptions{})
	if err != nil || !one.Status.Allowed {
		t.Errorf("%+v, %v", one, err)
	}
	self, err := reviews.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: about}}, metav1.CreateOptions{})
	if err != nil || !self.Status.Allowed {
		t.Errorf("%+v, %v", self, err)
	}
	_, err = reviews.LocalSubjectAccessReviews("team").Create(ctx, &authorizationv1.LocalSubjectAccessReview{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team"},
		Spec:       authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: about, User: "someone"}}, metav1.CreateOptions{})
	if err != nil {
		t.Error(err)
	}
	rules, err := reviews.SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "team"}}, metav1.CreateOptions{})
	if err != nil || len(rules.Status.ResourceRules) != 1 {
		t.Errorf("%+v, %v", rules, err)
	}
	_, err = reviews.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{}, metav1.CreateOptions{})
	want := `SubjectAccessReview.authorization.k8s.io "" is invalid: [spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes ` +
		`must be specified, spec.user: Invalid value: "": at least one of user or group must be specified]`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Pods that name no pull secrets have those of their account (S1.3).
func TestPodsHaveThePullSecretsOfTheirAccount(t *testing.T) {
	api := serve(t)
	ctx, clients := t.Context(), api.clients()
	if _, err := clients.CoreV1().ServiceAccounts("default").Create(ctx, &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "web"}, ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}, {Name: "mirror"}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ spec, want string }{
		"the account's":         {"serviceAccountName: web,", "registry mirror"},
		"the pod's own":         {"serviceAccountName: web, imagePullSecrets: [{name: own}],", "own"},
		"an account without":    {"", ""},
		"an account unheard of": {"serviceAccountName: none,", ""},
	} {
		t.Run(name, func(t *testing.T) {
			pod := createFrom(t, clients, "{metadata: {generateName: p}, spec: {"+c.spec+" containers: [{name: c, image: i}]}}", metav1.CreateOptions{})
			var got []string
			for _, s := range pod.Spec.ImagePullSecrets {
				got = append(got, s.Name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAccountsAreKeptAsAServerKeepsThem(t *testing.T) {
	api := serve(t)
	const accounts, deprecated = "/api/v1/namespaces/default/serviceaccounts", "kubernetes.io/enforce-mountable-secrets"
	const marked = `{"metadata":{"name":"a","annotations":{"` + deprecated + `":"true"}},"secrets":[{"kind":"Secret","name":"s"}]}`
	wantWarnings := func(response *http.Response, code, warnings int) {
		t.Helper()
		if got := response.Header.Values("Warning"); response.StatusCode != code || len(got) != warnings {
			t.Errorf("%s with the warnings %q, want %d with %d", response.Status, got, code, warnings)
		}
	}
	wantWarnings(api.do("POST", accounts, `{"metadata":{"name":"a"}}`), 201, 0)
	// A PUT need not name the version that it replaces.
	response := api.do("PUT", accounts+"/a", marked)
	wantWarnings(response, 200, 1)
	if got := into[corev1.ServiceAccount](t, response).Secrets; len(got) != 1 || got[0] != (corev1.ObjectReference{Name: "s"}) {
		t.Errorf("the secrets are %+v, want their names alone", got)
	}
	wantWarnings(api.do("PUT", accounts+"/a", marked), 200, 0) // nothing new
}

func TestClientsAreWarnedOfWhatAnAuthorCannotHaveMeant(t *testing.T) {
	api := serve(t)
	for path, c := range map[string]struct{ body, want string }{
		"pods": {`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}]}}`,
			`299 - "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"`},
		"secrets": {`{"metadata":{"name":"s"},"type":"kubernetes.io/tls","data":{"tls.crt":"","tls.key":""}}`,
			`299 - "tls: failed to find any PEM data in certificate input"`},
		"persistentvolumeclaims": {`{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"0.5"}}}}`,
			`299 - "spec.resources.requests[storage]: fractional byte value \"500m\" is invalid, must be an integer"`},
	} {
		response := api.do("POST", "/api/v1/namespaces/default/"+path, c.body)
		if got := response.Header.Values("Warning"); response.StatusCode != 201 || !slices.Contains(got, c.want) {
			t.Errorf("%s: %s with the warnings %q, want %s", path, response.Status, got, c.want)
		}
	}
}
