// Package podsecurity tells what a namespace with Pod Security Admission would say of a pod: the strictest of the three Pod Security
// Standards that it meets, and what it lacks for the others. The checks are Kubernetes' own, of its version 1.37.
package podsecurity

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Levels are the names of the standards, the laxest first.
var Levels = []string{string(api.LevelPrivileged), string(api.LevelBaseline), string(api.LevelRestricted)}

// Verdict is what the standards say of a pod.
type Verdict struct {
	// Level is the strictest standard that the pod meets: privileged, which all do, baseline or restricted.
	Level string `json:"level"`
	// Violations are what keeps the pod from each stricter standard, the next one first. A pod of level restricted has none.
	Violations []Violation `json:"violations"`
}

// Against are the violations that keep the pod from a level; none for a level that it meets.
func (v Verdict) Against(level string) []Violation {
	var against []Violation
	for _, violation := range v.Violations {
		if slices.Index(Levels, violation.Level) <= slices.Index(Levels, level) {
			against = append(against, violation)
		}
	}
	return against
}

// Violation is one thing about a pod that a standard forbids.
type Violation struct {
	Level  string `json:"level"`  // of the standard
	Reason string `json:"reason"` // in a few words, as in "allowPrivilegeEscalation != false"
	Detail string `json:"detail"` // which containers or volumes, and what they must have instead; may be ""
}

func (v Violation) String() string {
	if v.Detail == "" {
		return v.Reason
	}
	return fmt.Sprintf("%s (%s)", v.Reason, v.Detail)
}

// Evaluator knows the standards.
type Evaluator struct{ checks policy.Evaluator }

// NewEvaluator returns one for the standards of Kubernetes v1.37.
func NewEvaluator() (*Evaluator, error) {
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, fmt.Errorf("loading the Pod Security Standards: %w", err)
	}
	return &Evaluator{checks}, nil
}

// Evaluate compares a pod with the standards.
func (e *Evaluator) Evaluate(pod *corev1.Pod) Verdict {
	verdict := Verdict{Level: string(api.LevelPrivileged), Violations: []Violation{}}
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		found := e.violations(pod, level)
		if len(found) == 0 && len(verdict.Violations) == 0 {
			verdict.Level = string(level)
		}
		verdict.Violations = append(verdict.Violations, without(found, verdict.Violations)...)
	}
	return verdict
}

func (e *Evaluator) violations(pod *corev1.Pod, level api.Level) []Violation {
	var found []Violation
	standard := api.LevelVersion{Level: level, Version: api.MajorMinorVersion(1, 37)}
	for _, result := range e.checks.EvaluatePod(standard, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			found = append(found, Violation{Level: string(level), Reason: result.ForbiddenReason, Detail: result.ForbiddenDetail})
		}
	}
	return found
}

// without leaves out what was said at a laxer level already: each standard contains the one before.
func without(found, said []Violation) []Violation {
	known := map[string]bool{}
	for _, v := range said {
		known[v.String()] = true
	}
	var fresh []Violation
	for _, v := range found {
		if !known[v.String()] {
			fresh = append(fresh, v)
		}
	}
	return fresh
}
