package kubeapi

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
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

// authorizationReviews tell what somebody may do. Here everybody may do everything.
func authorizationReviews() map[string]rest.Storage {
	allowed := authorizationv1.SubjectAccessReviewStatus{Allowed: true}
	return map[string]rest.Storage{
		"subjectaccessreviews": review[*authorizationv1.SubjectAccessReview]{
			singular: "subjectaccessreview", newObject: func() *authorizationv1.SubjectAccessReview { return &authorizationv1.SubjectAccessReview{} },
			answer: func(_ context.Context, r *authorizationv1.SubjectAccessReview) error {
				r.Status = allowed
				return checkReview("SubjectAccessReview", checkSubject(r.Spec))
			},
		},
		"localsubjectaccessreviews": review[*authorizationv1.LocalSubjectAccessReview]{
			singular: "localsubjectaccessreview", namespaced: true,
			newObject: func() *authorizationv1.LocalSubjectAccessReview { return &authorizationv1.LocalSubjectAccessReview{} },
			answer: func(_ context.Context, r *authorizationv1.LocalSubjectAccessReview) error {
				r.Status = allowed
				return checkReview("LocalSubjectAccessReview", append(checkSubject(r.Spec), checkLocal(r)...))
			},
		},
		"selfsubjectaccessreviews": review[*authorizationv1.SelfSubjectAccessReview]{
			singular: "selfsubjectaccessreview", newObject: func() *authorizationv1.SelfSubjectAccessReview { return &authorizationv1.SelfSubjectAccessReview{} },
			answer: func(_ context.Context, r *authorizationv1.SelfSubjectAccessReview) error {
				r.Status = allowed
				return checkReview("SelfSubjectAccessReview", checkAttributes(r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes))
			},
		},
		"selfsubjectrulesreviews": review[*authorizationv1.SelfSubjectRulesReview]{
			singular: "selfsubjectrulesreview", newObject: func() *authorizationv1.SelfSubjectRulesReview { return &authorizationv1.SelfSubjectRulesReview{} },
			answer: func(_ context.Context, r *authorizationv1.SelfSubjectRulesReview) error {
				if r.Spec.Namespace == "" {
					return apierrors.NewBadRequest("no namespace on request")
				}
				every := []string{"*"}
				r.Status = authorizationv1.SubjectRulesReviewStatus{
					ResourceRules:    []authorizationv1.ResourceRule{{Verbs: every, APIGroups: every, Resources: every}},
					NonResourceRules: []authorizationv1.NonResourceRule{{Verbs: every, NonResourceURLs: every}},
				}
				return nil
			},
		},
	}
}

// checkReview is the error for a review of a kind with such faults; nil without any.
func checkReview(kind string, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(authorizationv1.SchemeGroupVersion.WithKind(kind).GroupKind(), "", errs)
}

func checkSubject(spec authorizationv1.SubjectAccessReviewSpec) field.ErrorList {
	errs := checkAttributes(spec.ResourceAttributes, spec.NonResourceAttributes)
	if spec.User == "" && len(spec.Groups) == 0 {
		errs = append(errs, field.Invalid(field.NewPath("spec", "user"), spec.User, "at least one of user or group must be specified"))
	}
	return errs
}

func checkLocal(r *authorizationv1.LocalSubjectAccessReview) field.ErrorList {
	var errs field.ErrorList
	if about := r.Spec.ResourceAttributes; about != nil && about.Namespace != r.Namespace {
		errs = append(errs, field.Invalid(field.NewPath("spec.resourceAttributes.namespace"), about.Namespace, "must match metadata.namespace"))
	}
	if about := r.Spec.NonResourceAttributes; about != nil {
		errs = append(errs, field.Invalid(field.NewPath("spec.nonResourceAttributes"), about, "disallowed on this kind of request"))
	}
	return errs
}

// checkAttributes wants the question to be about a resource or about something else, not both.
func checkAttributes(resource *authorizationv1.ResourceAttributes, other *authorizationv1.NonResourceAttributes) field.ErrorList {
	if (resource == nil) != (other == nil) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec"), other, "exactly one of nonResourceAttributes or resourceAttributes must be specified")}
}
