// Package token makes the tokens by which a pod's service account is known: signed as an API server signs those that kubelets ask for,
// with a key of the node's own.
package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
)

// IssuerURL is who signs, and who a token is for that names no audience: what a cluster's API server is usually called.
const IssuerURL = "https://kubernetes.default.svc." + podspec.ClusterDomain

// Request is what a token is asked for.
type Request struct {
	// Pod is whom the token is bound to; its account is the pod's.
	Pod *corev1.Pod
	// Audience is who is to accept the token; "" means the API server.
	Audience string
	// Lifetime is how long it is good for.
	Lifetime time.Duration
}

// claims are what a token says in a way of its own.
type claims struct {
	Audience   []string `json:"aud"` // a list, even of one
	Kubernetes bound    `json:"kubernetes.io"`
}

// bound names what a token ends with.
type bound struct {
	Namespace      string    `json:"namespace"`
	Node           reference `json:"node"`
	Pod            reference `json:"pod"`
	ServiceAccount reference `json:"serviceaccount"`
}

type reference struct {
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
}

// UIDOf is the identity of something that podsim has no object of, so that it follows from its names.
func UIDOf(names ...string) types.UID {
	return types.UID(uuid.NewSHA1(uuid.Nil, []byte(strings.Join(names, "/"))).String())
}

// Issuer signs tokens with one key. It is safe for concurrent use.
type Issuer struct {
	signer jose.Signer
	node   reference
}

// NewIssuer returns the issuer of a node.
func NewIssuer(key *ecdsa.PrivateKey, node string, nodeUID types.UID) (*Issuer, error) {
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(public)
	signingKey := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: base64.RawURLEncoding.EncodeToString(hash[:])}}
	signer, err := jose.NewSigner(signingKey, nil)
	return &Issuer{signer: signer, node: reference{node, nodeUID}}, err
}

// Sign makes a token that is good from now on.
func (i *Issuer) Sign(r Request, now time.Time) (string, error) {
	account := r.Pod.Spec.ServiceAccountName
	audience := r.Audience
	if audience == "" {
		audience = IssuerURL
	}
	return jwt.Signed(i.signer).
		Claims(jwt.Claims{
			Issuer:    IssuerURL,
			Subject:   "system:serviceaccount:" + r.Pod.Namespace + ":" + account,
			Expiry:    jwt.NewNumericDate(now.Add(r.Lifetime)),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
			ID:        uuid.NewString(),
		}).
		Claims(claims{[]string{audience}, bound{
			Namespace:      r.Pod.Namespace,
			Node:           i.node,
			Pod:            reference{r.Pod.Name, r.Pod.UID},
			ServiceAccount: reference{account, UIDOf("serviceaccount", r.Pod.Namespace, account)},
		}}).
		Serialize()
}

// The longest that a token is kept, however long it is good for.
const longestUse = 24 * time.Hour

// RefreshAfter is how long after its making a token is replaced: when a fifth of its life is left, as a kubelet does it.
func RefreshAfter(lifetime time.Duration) time.Duration {
	return min(lifetime-lifetime/5, longestUse)
}

// LoadKey reads the key in a file, or makes one there that only its owner can read.
func LoadKey(file string) (*ecdsa.PrivateKey, error) {
	if file == "" {
		return nil, errors.New("the node has no place for the key of service account tokens")
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key of service account tokens: %w", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("reading the key of service account tokens: %s holds no PEM block; remove it", file)
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the key of service account tokens in %s: %w; remove it", file, err)
	}
	return key, nil
}

func makeKey(file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of service account tokens: %w", err)
	}
	content, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("making the key of service account tokens: %w", err)
	}
	unfinished := file + ".new"
	if err := os.WriteFile(unfinished, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: content}), 0o600); err != nil {
		return nil, fmt.Errorf("keeping the key of service account tokens: %w", err)
	}
	if err := os.Rename(unfinished, file); err != nil {
		return nil, fmt.Errorf("keeping the key of service account tokens: %w", err)
	}
	return key, nil
}
