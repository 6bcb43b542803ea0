package job

import (
	batchv1 "k8s.io/api/batch/v1"
)

// metRule is the index of the first rule of a success policy that is met by the indexes that have succeeded, noIndex if none is.
func metRule(policy *batchv1.SuccessPolicy, completions int, succeeded indexes) int {
	if policy == nil || len(succeeded) == 0 {
		return noIndex
	}
	for i, rule := range policy.Rules {
		have, need := succeeded.count(), 0
		if rule.SucceededIndexes != nil {
			named := parseIndexes(*rule.SucceededIndexes, completions)
			have, need = succeeded.overlap(named), named.count()
			if need == 0 {
				continue // it names no index that the Job has
			}
		}
		if rule.SucceededCount != nil {
			need = int(*rule.SucceededCount)
		}
		if (rule.SucceededIndexes != nil || rule.SucceededCount != nil) && have >= need {
			return i
		}
	}
	return noIndex
}
