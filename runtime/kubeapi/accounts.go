package kubeapi

import (
	"context"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/runtime/token"
)

// Tokens makes the tokens of service accounts, and tells whose a token is, and by which keys others can verify it.
type Tokens interface {
	authenticator.Token
	SignToken(token.Request) (string, error)
	Keys() (jose.JSONWebKeySet, error)
}

func serviceAccounts(config Config) *resource[*corev1.ServiceAccount] {
	return &resource[*corev1.ServiceAccount]{
		collection: config.Store.ServiceAccounts, singular: "serviceaccount", shortNames: []string{"sa"}, returnsDeleted: true,
		newObject: func() *corev1.ServiceAccount { return &corev1.ServiceAccount{} },
		newList:   func() runtime.Object { return &corev1.ServiceAccountList{} },
		table:     serviceAccountTable(), fields: metadataFields[*corev1.ServiceAccount],
		prepare: func(account *corev1.ServiceAccount) { // one with tokens that its pods got before it was there
			account.UID = token.AccountUID(account.Namespace, account.Name)
			nameSecretsAlone(account)
		},
		prepareUpdate: func(newer, _ *corev1.ServiceAccount) { nameSecretsAlone(newer) },
		check:         validation.ValidateServiceAccount, checkUpdate: validation.ValidateServiceAccountUpdate,
		warn: func(_ context.Context, o *corev1.ServiceAccount) []string { return warningsOf(o) },
		warnUpdate: func(newer, older *corev1.ServiceAccount) []string {
			if len(validation.AccountWarnings(older)) > 0 {
				return nil
			}
			return warningsOf(newer)
		},
	}
}

// nameSecretsAlone leaves nothing of the references to an account's Secrets but their names.
func nameSecretsAlone(account *corev1.ServiceAccount) {
	for i, secret := range account.Secrets {
		account.Secrets[i] = corev1.ObjectReference{Name: secret.Name}
	}
}

func serviceAccountTable() table[*corev1.ServiceAccount] {
	return table[*corev1.ServiceAccount]{
		columns: []metav1.TableColumnDefinition{nameColumn(), ageColumn()},
		row: func(account *corev1.ServiceAccount, now time.Time) metav1.TableRow {
			return cells(account.Name, since(account.CreationTimestamp.Time, now))
		},
	}
}

// keepDefaultAccounts sees to it that every namespace has the account "default", until the context ends.
func keepDefaultAccounts(ctx context.Context, objects *store.Store) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		store.Follow(ctx, objects.ServiceAccounts, func(account *corev1.ServiceAccount) {
			if account.Name == DefaultAccount {
				ensureDefaultAccount(objects, account.Namespace)
			}
		})
	}()
	store.Follow(ctx, objects.Namespaces, func(namespace *corev1.Namespace) { ensureDefaultAccount(objects, namespace.Name) })
	<-ended
}

// DefaultAccount is the account of pods that name none (S2).
const DefaultAccount = "default"

// ensureDefaultAccount makes the account of a namespace, unless it is there already or the namespace ends.
func ensureDefaultAccount(objects *store.Store, namespace string) {
	if !takesObjects(objects, namespace) {
		return
	}
	_, _ = objects.ServiceAccounts.Create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{ // it fails only when there is one
		Namespace: namespace, Name: DefaultAccount, UID: token.AccountUID(namespace, DefaultAccount), CreationTimestamp: metav1.Now().Rfc3339Copy(),
	}})
}

// tokenRequests make tokens of service accounts.
type tokenRequests struct {
	store  *store.Store
	tokens Tokens
}

var _ rest.NamedCreater = tokenRequests{}

// New implements rest.Storage.
func (tokenRequests) New() runtime.Object { return &authenticationv1.TokenRequest{} }

// Destroy implements rest.Storage.
func (tokenRequests) Destroy() {}

// GroupVersionKind implements rest.GroupVersionKindProvider: the request is of another group than the accounts.
func (tokenRequests) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return authenticationv1.SchemeGroupVersion.WithKind("TokenRequest")
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements rest.SubresourceObjectMetaPreserver.
func (tokenRequests) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

const (
	defaultTokenSeconds = 60 * 60
	minTokenSeconds     = 10 * 60
	maxTokenSeconds     = 1 << 32
)

// Create implements rest.NamedCreater.
func (t tokenRequests) Create(ctx context.Context, name string, object runtime.Object, validate rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	request := object.(*authenticationv1.TokenRequest)
	account, err := t.store.ServiceAccounts.Get(types.NamespacedName{Namespace: genericapirequest.NamespaceValue(ctx), Name: name})
	if err != nil {
		return nil, err
	}
	if err := checkTokenRequest(request, account); err != nil {
		return nil, err
	}
	if err := validate(ctx, request.DeepCopy()); err != nil {
		return nil, err
	}
	wanted := token.Request{
		Namespace: account.Namespace, Account: name, Audiences: request.Spec.Audiences,
		Lifetime: time.Duration(*request.Spec.ExpirationSeconds) * time.Second,
	}
	if wanted.Bound, err = t.boundTo(request.Spec.BoundObjectRef, account); err != nil {
		return nil, err
	}
	now := time.Now()
	signed, err := t.tokens.SignToken(wanted)
	if err != nil {
		return nil, apierrors.NewInternalError(fmt.Errorf("failed to generate token: %w", err))
	}
	request.Name, request.Namespace, request.UID, request.CreationTimestamp = account.Name, account.Namespace, account.UID, metav1.NewTime(now)
	request.Status = authenticationv1.TokenRequestStatus{Token: signed, ExpirationTimestamp: metav1.NewTime(now.Add(wanted.Lifetime))}
	return request, nil
}

// checkTokenRequest completes a request for a token of the account and finds what is wrong with it.
func checkTokenRequest(request *authenticationv1.TokenRequest, account *corev1.ServiceAccount) error {
	var errs field.ErrorList
	if request.Name != "" && request.Name != account.Name {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), request.Name, "must match the service account name if specified"))
	}
	if request.Namespace != "" && request.Namespace != account.Namespace {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "namespace"), request.Namespace, "must match the service account namespace if specified"))
	}
	if len(request.Spec.Audiences) == 0 {
		request.Spec.Audiences = []string{token.IssuerURL}
	}
	if request.Spec.ExpirationSeconds == nil {
		request.Spec.ExpirationSeconds = new(int64)
		*request.Spec.ExpirationSeconds = defaultTokenSeconds
	}
	seconds, path := *request.Spec.ExpirationSeconds, field.NewPath("spec", "expirationSeconds")
	if seconds < minTokenSeconds {
		errs = append(errs, field.Invalid(path, seconds, "may not specify a duration less than 10 minutes"))
	}
	if seconds > maxTokenSeconds {
		errs = append(errs, field.Invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"))
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(authenticationv1.SchemeGroupVersion.WithKind("TokenRequest").GroupKind(), "", errs)
	}
	return nil
}

// boundTo is the object that a token is to end with; nil for none.
func (t tokenRequests) boundTo(reference *authenticationv1.BoundObjectReference, account *corev1.ServiceAccount) (metav1.Object, error) {
	if reference == nil {
		return nil, nil
	}
	key := types.NamespacedName{Namespace: account.Namespace, Name: reference.Name}
	kind := schema.FromAPIVersionAndKind(reference.APIVersion, reference.Kind)
	var bound metav1.Object
	switch kind.GroupKind() {
	case schema.GroupKind{Kind: "Pod"}:
		pod, err := t.store.Pods.Get(key)
		if err != nil {
			return nil, err
		}
		if pod.Spec.ServiceAccountName != account.Name {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("cannot bind token for serviceaccount %q to pod running with different serviceaccount name.", account.Name))
		}
		bound = pod
	case schema.GroupKind{Kind: "Secret"}:
		secret, err := t.store.Secrets.Get(key)
		if err != nil {
			return nil, err
		}
		bound = secret
	default:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("cannot bind token to object of type %s", kind))
	}
	if reference.UID != "" && reference.UID != bound.GetUID() {
		return nil, apierrors.NewConflict(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, reference.Name, fmt.Errorf(
			"the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", reference.UID))
	}
	return bound, nil
}
