package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/token"
)

// tokens are the tokens of service accounts that the node's pods have now (S11.29). They are safe for concurrent use.
type tokens struct {
	keyFile string
	nodeUID types.UID

	mu     sync.Mutex
	issuer *token.Issuer // nil until the first token is wanted
	made   map[tokenKey]madeToken
}

// tokenKey is what tokens are asked for. An account belongs to a pod for good.
type tokenKey struct {
	pod      types.UID
	audience string
	lifetime time.Duration
}

type madeToken struct {
	signed string
	due    time.Time // when it is to be replaced
}

func newTokens(options Options) *tokens {
	return &tokens{keyFile: options.TokenKeyFile, nodeUID: token.UIDOf("node", options.ID), made: map[tokenKey]madeToken{}}
}

// ServiceAccountToken is a token of the pod's service account, which stays the same until it is due to be replaced.
func (o objects) ServiceAccountToken(pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, error) {
	made, err := o.tokens.get(pod, source)
	return made.signed, err
}

func (t *tokens) get(pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (madeToken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	key := tokenKey{pod.UID, source.Audience, time.Duration(*source.ExpirationSeconds) * time.Second}
	if made, ok := t.made[key]; ok && now.Before(made.due) {
		return made, nil
	}
	if err := t.ready(); err != nil {
		return madeToken{}, err
	}
	signed, err := t.issuer.Sign(token.ForPod(pod, source.Audience, key.lifetime), now)
	if err != nil {
		return madeToken{}, fmt.Errorf("signing a token of service account %q: %w", pod.Spec.ServiceAccountName, err)
	}
	made := madeToken{signed, now.Add(token.RefreshAfter(key.lifetime))}
	t.made[key] = made
	return made, nil
}

// ready makes sure of the issuer. The caller holds the lock.
func (t *tokens) ready() error {
	if t.issuer != nil {
		return nil
	}
	key, err := token.LoadKey(t.keyFile)
	if err != nil {
		return err
	}
	t.issuer, err = token.NewIssuer(key, NodeName, t.nodeUID)
	return err
}

// version tells the pod's tokens of a source apart. It tells nothing of the token itself.
func (t *tokens) version(pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) string {
	made, err := t.get(pod, source)
	if err != nil {
		return err.Error()
	}
	return made.due.String()
}

// due is when the first of the pod's tokens is to be replaced; zero if it has none.
func (t *tokens) due(pod *corev1.Pod) time.Time {
	var first time.Time
	for _, source := range tokenSources(pod) {
		if made, err := t.get(pod, source); err == nil {
			first = sooner(first, made.due)
		}
	}
	return first
}

// forget drops the tokens of a pod that is gone.
func (t *tokens) forget(pod types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range t.made {
		if key.pod == pod {
			delete(t.made, key)
		}
	}
}

// tokenSources are the sources of tokens in the pod's volumes.
func tokenSources(pod *corev1.Pod) []*corev1.ServiceAccountTokenProjection {
	var sources []*corev1.ServiceAccountTokenProjection
	for _, projection := range podspec.Projections(pod) {
		if projection.ServiceAccountToken != nil {
			sources = append(sources, projection.ServiceAccountToken)
		}
	}
	return sources
}

// SignToken implements kubeapi.Tokens.
func (o objects) SignToken(request token.Request) (string, error) {
	issuer, err := o.tokens.getIssuer()
	if err != nil {
		return "", err
	}
	return issuer.Sign(request, time.Now())
}

// Keys implements kubeapi.Tokens.
func (o objects) Keys() (jose.JSONWebKeySet, error) {
	issuer, err := o.tokens.getIssuer()
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return issuer.Keys(), nil
}

func (t *tokens) getIssuer() (*token.Issuer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.ready()
	return t.issuer, err
}

// invalidatedAfter is how long the token of a pod outlives the end of its grace period, as with an API server.
const invalidatedAfter = time.Minute

// AuthenticateToken implements authenticator.Token: it tells of which service account a token is. It is false without an error for tokens
// that others made.
func (o objects) AuthenticateToken(ctx context.Context, signed string) (*authenticator.Response, bool, error) {
	issuer, err := o.tokens.getIssuer()
	if err != nil {
		return nil, false, err
	}
	who, err := issuer.Verify(signed, time.Now())
	if errors.Is(err, token.ErrForeign) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	wanted, ok := authenticator.AudiencesFrom(ctx)
	if !ok {
		wanted = authenticator.Audiences{token.IssuerURL}
	}
	common := authenticator.Audiences(who.Audiences).Intersect(wanted)
	if len(common) == 0 {
		return nil, false, fmt.Errorf("token audiences %q is invalid for the target audiences %q", who.Audiences, wanted)
	}
	info := serviceaccount.ServiceAccountInfo{Namespace: who.Namespace, Name: who.Account, UID: string(who.UID), CredentialID: "JTI=" + who.ID}
	if err := o.checkBound(who); err != nil {
		return nil, false, err
	}
	if who.Pod != nil {
		info.PodName, info.PodUID = who.Pod.Name, string(who.Pod.UID)
	}
	if who.Node != nil {
		info.NodeName, info.NodeUID = who.Node.Name, string(who.Node.UID)
	}
	known := info.UserInfo().(*user.DefaultInfo)
	known.Groups = append(known.Groups, user.AllAuthenticated)
	return &authenticator.Response{User: known, Audiences: common}, true, nil
}

// checkBound fails unless what a token ends with is still there. The account of a pod need not be: manifests name accounts that only the
// cluster has.
func (o objects) checkBound(who token.Identity) error {
	if who.Pod != nil {
		pod, err := o.store.Pods.Get(types.NamespacedName{Namespace: who.Namespace, Name: who.Pod.Name})
		if err != nil {
			return err
		}
		if ended := pod.DeletionTimestamp; ended != nil && time.Now().After(ended.Add(invalidatedAfter)) {
			return errors.New("service account token has been invalidated")
		}
		return checkSame("pod", pod.UID, who.Pod.UID)
	}
	if _, err := o.store.ServiceAccounts.Get(types.NamespacedName{Namespace: who.Namespace, Name: who.Account}); err != nil {
		return err
	}
	if who.Secret != nil {
		secret, err := o.store.Secrets.Get(types.NamespacedName{Namespace: who.Namespace, Name: who.Secret.Name})
		if err != nil {
			return err
		}
		return checkSame("secret", secret.UID, who.Secret.UID)
	}
	return nil
}

func checkSame(kind string, now, signed types.UID) error {
	if now != signed {
		return fmt.Errorf("the %s UID (%s) does not match the UID in service account token (%s)", kind, now, signed)
	}
	return nil
}
