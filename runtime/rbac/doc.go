// Package rbac decides what somebody may do, by the roles and bindings of Kubernetes' RBAC, and has those that every cluster begins with.
//
// It knows no HTTP and no store: roles and bindings are what a Policy says they are at the moment of a question.
//
//	decision, reason, err := rbac.Authorizer{Policy: policy}.Authorize(ctx, attributes)
package rbac
