package kubeapi

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/podsim/podsim/runtime/token"
)

// review is a resource that answers what a client asks by creating an object, and keeps nothing.
type review[T runtime.Object] struct {
	singular   string
	namespaced bool
	newObject  func() T
	// answer completes the object.
	answer func(context.Context, T) error
}

// New implements rest.Storage.
func (r review[T]) New() runtime.Object { return r.newObject() }

// Destroy implements rest.Storage.
func (r review[T]) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (r review[T]) NamespaceScoped() bool { return r.namespaced }

// GetSingularName implements rest.SingularNameProvider.
func (r review[T]) GetSingularName() string { return r.singular }

// Create implements rest.Creater.
func (r review[T]) Create(ctx context.Context, object runtime.Object, validate rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	if err := validate(ctx, object.DeepCopyObject()); err != nil {
		return nil, err
	}
	return object, r.answer(ctx, object.(T))
}

// authenticationReviews tell who somebody is.
func authenticationReviews(tokens Tokens) map[string]rest.Storage {
	return map[string]rest.Storage{
		"tokenreviews": review[*authenticationv1.TokenReview]{
			singular: "tokenreview", newObject: func() *authenticationv1.TokenReview { return &authenticationv1.TokenReview{} },
			answer: func(ctx context.Context, r *authenticationv1.TokenReview) error { return reviewToken(ctx, r, tokens) },
		},
		"selfsubjectreviews": review[*authenticationv1.SelfSubjectReview]{
			singular: "selfsubjectreview", newObject: func() *authenticationv1.SelfSubjectReview { return &authenticationv1.SelfSubjectReview{} },
			answer: func(ctx context.Context, r *authenticationv1.SelfSubjectReview) error {
				who, ok := genericapirequest.UserFrom(ctx)
				if !ok {
					return apierrors.NewBadRequest("no user found on request")
				}
				r.Status.UserInfo = userInfo(who)
				return nil
			},
		},
	}
}

func reviewToken(ctx context.Context, r *authenticationv1.TokenReview, tokens Tokens) error {
	if r.Spec.Token == "" {
		return apierrors.NewBadRequest("token is required for TokenReview in authentication")
	}
	audiences := authenticator.Audiences(r.Spec.Audiences)
	if len(audiences) == 0 {
		audiences = authenticator.Audiences{token.IssuerURL}
	}
	r.Status = authenticationv1.TokenReviewStatus{}
	response, known, err := tokens.AuthenticateToken(authenticator.WithAudiences(ctx, audiences), r.Spec.Token)
	switch {
	case err != nil:
		r.Status.Error = fmt.Sprintf("[invalid bearer token, %v]", err)
	case !known:
		r.Status.Error = "invalid bearer token"
	default:
		r.Status.Authenticated, r.Status.User, r.Status.Audiences = true, userInfo(response.User), response.Audiences
	}
	return nil
}

func userInfo(of user.Info) authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: of.GetName(), UID: of.GetUID(), Groups: of.GetGroups()}
	for key, values := range of.GetExtra() {
		if info.Extra == nil {
			info.Extra = map[string]authenticationv1.ExtraValue{}
		}
		info.Extra[key] = values
	}
	return info
}
