package kubeapi

import (
	"encoding/json"
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"github.com/podsim/podsim/runtime/token"
)

const (
	// issuerPath and keysPath are where an API server tells who it is as an issuer of tokens, and the keys of their signatures.
	issuerPath = "/.well-known/openid-configuration"
	keysPath   = "/openid/v1/jwks"
)

// issuerMetadata is what an API server tells of itself as an OpenID provider: what it takes to verify a token, and nothing for logging in.
type issuerMetadata struct {
	Issuer        string   `json:"issuer"`
	KeysURL       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
}

// serveIssuer tells what others need to verify the tokens of service accounts. Pods reach the keys by the name of the issuer.
func serveIssuer(mux *http.ServeMux, tokens Tokens) {
	mux.HandleFunc("GET "+issuerPath, func(w http.ResponseWriter, _ *http.Request) {
		keys, err := tokens.Keys()
		metadata := issuerMetadata{Issuer: token.IssuerURL, KeysURL: token.IssuerURL + keysPath, ResponseTypes: []string{"id_token"},
			SubjectTypes: []string{"public"}, Algorithms: algorithms(keys)}
		writePublic(w, "application/json", metadata, err)
	})
	mux.HandleFunc("GET "+keysPath, func(w http.ResponseWriter, _ *http.Request) {
		keys, err := tokens.Keys()
		writePublic(w, "application/jwk-set+json", keys, err)
	})
}

func algorithms(keys jose.JSONWebKeySet) []string {
	names := []string{}
	for _, key := range keys.Keys {
		names = append(names, key.Algorithm)
	}
	return names
}

// writePublic answers with what anybody may keep for an hour, unless there was an error.
func writePublic(w http.ResponseWriter, contentType string, content any, failure error) {
	body, err := json.Marshal(content)
	if failure != nil {
		err = failure
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(body) // a client that has left needs no answer
}
