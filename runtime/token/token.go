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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"

	"github.com/podsim/podsim/podspec"
)

// IssuerURL is who signs, and who a token is for that names no audience: what a cluster's API server is usually called.
const IssuerURL = "https://kubernetes.default.svc." + podspec.ClusterDomain

// Request is what a token is asked for.
type Request struct {
	// Namespace and Account name the service account.
	Namespace, Account string
	// Bound is what the token ends with: a Pod of the account, or a Secret; nil is nothing.
	Bound metav1.Object
	// Audiences are who is to accept the token; without any, the API server.
	Audiences []string
	// Lifetime is how long it is good for.
	Lifetime time.Duration
}

// ForPod is a request for a token of the pod's account that ends with the pod. Audience "" means the API server.
func ForPod(pod *corev1.Pod, audience string, lifetime time.Duration) Request {
	r := Request{Namespace: pod.Namespace, Account: pod.Spec.ServiceAccountName, Bound: pod, Lifetime: lifetime}
	if audience != "" {
		r.Audiences = []string{audience}
	}
	return r
}

// Identity is what a token says of who has it.
type Identity struct {
	// ID tells the token from all others.
	ID string
	// Namespace, Account and UID are those of the service account.
	Namespace, Account string
	UID                types.UID
	// Pod, Secret and Node are what the token is bound to; nil is nothing.
	Pod, Secret, Node *Reference
	// Audiences are who is to accept the token.
	Audiences []string
}

// claims are what a token says in a way of its own.
type claims struct {
	Audience   []string `json:"aud"` // a list, even of one
	Kubernetes bound    `json:"kubernetes.io"`
}

// bound names what a token ends with.
type bound struct {
	Namespace      string     `json:"namespace"`
	Node           *Reference `json:"node,omitempty"`
	Pod            *Reference `json:"pod,omitempty"`
	Secret         *Reference `json:"secret,omitempty"`
	ServiceAccount Reference  `json:"serviceaccount"`
}

// Reference is an object by its name and identity.
type Reference struct {
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
}

// AccountUID is the identity of a service account: always the same for one name, so that a token outlives the node that made it.
func AccountUID(namespace, name string) types.UID { return UIDOf("serviceaccount", namespace, name) }

// UIDOf is the identity of something that podsim has no object of, so that it follows from its names.
func UIDOf(names ...string) types.UID {
	return types.UID(uuid.NewSHA1(uuid.Nil, []byte(strings.Join(names, "/"))).String())
}

// Issuer signs tokens with one key. It is safe for concurrent use.
type Issuer struct {
	signer jose.Signer
	public jose.JSONWebKey
	node   Reference
}

// NewIssuer returns the issuer of a node.
func NewIssuer(key *ecdsa.PrivateKey, node string, nodeUID types.UID) (*Issuer, error) {
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(public)
	id := base64.RawURLEncoding.EncodeToString(hash[:])
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	shown := jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: string(jose.ES256), Use: "sig"}
	return &Issuer{signer: signer, public: shown, node: Reference{node, nodeUID}}, err
}

// Keys are by which anybody can verify the tokens.
func (i *Issuer) Keys() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.public}}
}

// Sign makes a token that is good from now on.
func (i *Issuer) Sign(r Request, now time.Time) (string, error) {
	ends := bound{Namespace: r.Namespace, ServiceAccount: Reference{r.Account, AccountUID(r.Namespace, r.Account)}}
	switch object := r.Bound.(type) {
	case nil:
	case *corev1.Pod:
		ends.Pod, ends.Node = &Reference{object.Name, object.UID}, &i.node
	case *corev1.Secret:
		ends.Secret = &Reference{object.Name, object.UID}
	default:
		return "", fmt.Errorf("a token cannot end with a %T", object)
	}
	audiences := r.Audiences
	if len(audiences) == 0 {
		audiences = []string{IssuerURL}
	}
	return jwt.Signed(i.signer).
		Claims(jwt.Claims{
			Issuer:    IssuerURL,
			Subject:   serviceaccount.MakeUsername(r.Namespace, r.Account),
			Expiry:    jwt.NewNumericDate(now.Add(r.Lifetime)),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
			ID:        uuid.NewString(),
		}).
		Claims(claims{audiences, ends}).
		Serialize()
}

// ErrForeign says that a token is none of this issuer's.
var ErrForeign = errors.New("the token is not one of this issuer's")

// Verify tells who a token is of. The error is ErrForeign, wrapped, for what the issuer never signed, and another one for a token of its own
// that is good no more, or not yet.
func (i *Issuer) Verify(signed string, now time.Time) (Identity, error) {
	parsed, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	var public jwt.Claims
	var private claims
	if err := parsed.Claims(i.public.Key, &public, &private); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if public.Issuer != IssuerURL {
		return Identity{}, fmt.Errorf("%w: it is of %s", ErrForeign, public.Issuer)
	}
	switch err := public.ValidateWithLeeway(jwt.Expected{Time: now}, 0); {
	case errors.Is(err, jwt.ErrExpired):
		return Identity{}, errors.New("service account token has expired")
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return Identity{}, errors.New("service account token is not valid yet")
	case err != nil:
		return Identity{}, fmt.Errorf("service account token claims could not be validated: %w", err)
	}
	ends := private.Kubernetes
	return Identity{
		ID: public.ID, Namespace: ends.Namespace, Account: ends.ServiceAccount.Name, UID: ends.ServiceAccount.UID,
		Pod: ends.Pod, Secret: ends.Secret, Node: ends.Node, Audiences: private.Audience,
	}, nil
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
