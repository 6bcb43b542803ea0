package kubeapi_test

import (
	"io"
	"net/http"
	"testing"
)

// Others verify tokens by the keys that the issuer shows, as OpenID providers do.
func TestTheIssuerOfTokensShowsItsKeys(t *testing.T) {
	api := serve(t)
	const shortLived = "public, max-age=3600"
	for path, want := range map[string]struct{ kind, body string }{
		"/.well-known/openid-configuration": {"application/json", `{"issuer":"https://kubernetes.default.svc.cluster.local",` +
			`"jwks_uri":"https://kubernetes.default.svc.cluster.local/openid/v1/jwks","response_types_supported":["id_token"],` +
			`"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]}`},
		"/openid/v1/jwks": {"application/jwk-set+json", `{"keys":[{"use":"sig","kty":"oct","kid":"one","alg":"ES256","k":"aw"}]}`},
	} {
		response, err := http.Get(api.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if kind, cached := response.Header.Get("Content-Type"), response.Header.Get("Cache-Control"); err != nil || string(body) != want.body ||
			kind != want.kind || cached != shortLived {
			t.Errorf("%s: %s, %s, %s, %v", path, body, kind, cached, err)
		}
	}
}
