package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/podspec/podsecurity"
)

// verdict is what is to be said of the inputs.
type verdict struct {
	problems, warnings manifest.Problems
	objects            []judged
}

// judged is an object that an API server would take.
type judged struct {
	manifest.Object
	security *podsecurity.Verdict // nil for objects without pods
}

// judge compares the pods of the objects with the Pod Security Standards. One that does not meet the standard asked for is a problem, in
// the words in which a namespace refuses it; "" asks for none.
func (v *verdict) judge(objects []manifest.Object, standards *podsecurity.Evaluator, asked string) {
	for _, o := range objects {
		j := judged{Object: o}
		if pod := o.Pod(); pod != nil {
			security := standards.Evaluate(pod)
			j.security = &security
			if against := security.Against(asked); len(against) > 0 {
				v.problems = append(v.problems, o.Problem(manifest.Invalid, violation(asked, against)))
			}
		}
		v.objects = append(v.objects, j)
	}
}

func violation(standard string, against []podsecurity.Violation) error {
	words := make([]string, len(against))
	for i, violation := range against {
		words[i] = violation.String()
	}
	return fmt.Errorf("violates PodSecurity %q: %s", standard+":v1.37", strings.Join(words, ", "))
}

// makeStrict makes problems of what podsim does otherwise than a cluster.
func (v *verdict) makeStrict() {
	differs := func(p *manifest.Problem) bool {
		return p.Reason == manifest.NotSupported || p.Reason == manifest.WithoutEffect
	}
	for _, p := range v.warnings {
		if differs(p) {
			v.problems = append(v.problems, p)
		}
	}
	v.warnings = slices.DeleteFunc(slices.Clone(v.warnings), differs)
}
