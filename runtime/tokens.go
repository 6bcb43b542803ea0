package runtime

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

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
	signed, err := t.issuer.Sign(token.Request{Pod: pod, Audience: source.Audience, Lifetime: key.lifetime}, now)
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
