package kubeapi

import (
	"context"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
)

// authorizationReviews tell what somebody may do.
func authorizationReviews(may authorization) map[string]rest.Storage {
	return map[string]rest.Storage{
		"subjectaccessreviews": review[*authorizationv1.SubjectAccessReview]{
			singular: "subjectaccessreview", newObject: func() *authorizationv1.SubjectAccessReview { return &authorizationv1.SubjectAccessReview{} },
			answer: func(ctx context.Context, r *authorizationv1.SubjectAccessReview) error {
				if err := checkReview("SubjectAccessReview", checkSubject(r.Spec)); err != nil {
					return err
				}
				r.Status = may.answer(ctx, subjectOf(r.Spec), r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
				return nil
			},
		},
		"localsubjectaccessreviews": review[*authorizationv1.LocalSubjectAccessReview]{
			singular: "localsubjectaccessreview", namespaced: true,
			newObject: func() *authorizationv1.LocalSubjectAccessReview { return &authorizationv1.LocalSubjectAccessReview{} },
			answer: func(ctx context.Context, r *authorizationv1.LocalSubjectAccessReview) error {
				if err := checkReview("LocalSubjectAccessReview", append(checkSubject(r.Spec), checkLocal(r)...)); err != nil {
					return err
				}
				r.Status = may.answer(ctx, subjectOf(r.Spec), r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
				return nil
			},
		},
		"selfsubjectaccessreviews": review[*authorizationv1.SelfSubjectAccessReview]{
			singular: "selfsubjectaccessreview", newObject: func() *authorizationv1.SelfSubjectAccessReview { return &authorizationv1.SelfSubjectAccessReview{} },
			answer: func(ctx context.Context, r *authorizationv1.SelfSubjectAccessReview) error {
				if err := checkReview("SelfSubjectAccessReview", checkAttributes(r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)); err != nil {
					return err
				}
				who, ok := genericapirequest.UserFrom(ctx)
				if !ok {
					return apierrors.NewBadRequest("no user present on request")
				}
				r.Status = may.answer(ctx, who, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
				return nil
			},
		},
		"selfsubjectrulesreviews": review[*authorizationv1.SelfSubjectRulesReview]{
			singular: "selfsubjectrulesreview", newObject: func() *authorizationv1.SelfSubjectRulesReview { return &authorizationv1.SelfSubjectRulesReview{} },
			answer: may.reviewRules,
		},
	}
}

// answer tells whether somebody may do what is asked about.
func (a authorization) answer(ctx context.Context, who user.Info, resource *authorizationv1.ResourceAttributes,
	other *authorizationv1.NonResourceAttributes) authorizationv1.SubjectAccessReviewStatus {
	asked := authorizer.AttributesRecord{User: who}
	if resource != nil {
		asked.ResourceRequest = true
		asked.Verb, asked.Namespace, asked.APIGroup, asked.APIVersion = resource.Verb, resource.Namespace, resource.Group, resource.Version
		asked.Resource, asked.Subresource, asked.Name = resource.Resource, resource.Subresource, resource.Name
	} else {
		asked.Verb, asked.Path = other.Verb, other.Path
	}
	decision, reason, err := a.Authorize(ctx, asked)
	status := authorizationv1.SubjectAccessReviewStatus{
		Allowed: decision == authorizer.DecisionAllow, Denied: decision == authorizer.DecisionDeny, Reason: reason,
	}
	if err != nil {
		status.EvaluationError = err.Error()
	}
	return status
}

func subjectOf(spec authorizationv1.SubjectAccessReviewSpec) user.Info {
	subject := &user.DefaultInfo{Name: spec.User, UID: spec.UID, Groups: spec.Groups, Extra: map[string][]string{}}
	for key, values := range spec.Extra {
		subject.Extra[strings.ToLower(key)] = values
	}
	return subject
}

// reviewRules tells all that the user of the request may do in a namespace.
func (a authorization) reviewRules(ctx context.Context, r *authorizationv1.SelfSubjectRulesReview) error {
	who, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return apierrors.NewBadRequest("no user present on request")
	}
	if r.Spec.Namespace == "" {
		return apierrors.NewBadRequest("no namespace on request")
	}
	resources, others, incomplete, err := a.RulesFor(ctx, who, r.Spec.Namespace)
	r.Spec.Namespace = "" // as an API server answers
	r.Status = authorizationv1.SubjectRulesReviewStatus{
		ResourceRules: []authorizationv1.ResourceRule{}, NonResourceRules: []authorizationv1.NonResourceRule{}, Incomplete: incomplete,
	}
	for _, rule := range resources {
		r.Status.ResourceRules = append(r.Status.ResourceRules, authorizationv1.ResourceRule{
			Verbs: rule.GetVerbs(), APIGroups: rule.GetAPIGroups(), Resources: rule.GetResources(), ResourceNames: rule.GetResourceNames(),
		})
	}
	for _, rule := range others {
		r.Status.NonResourceRules = append(r.Status.NonResourceRules, authorizationv1.NonResourceRule{
			Verbs: rule.GetVerbs(), NonResourceURLs: rule.GetNonResourceURLs(),
		})
	}
	if err != nil {
		r.Status.EvaluationError = err.Error()
	}
	return nil
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
