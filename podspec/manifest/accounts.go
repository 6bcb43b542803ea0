package manifest

import "slices"

// lendPullSecrets gives each pod that names no pull secrets those of its service account, as admission does (S1.3).
func (l *loading) lendPullSecrets() {
	for _, pod := range l.contents.Pods {
		if len(pod.Spec.ImagePullSecrets) > 0 {
			continue
		}
		for _, account := range l.contents.Accounts {
			if account.Namespace == pod.Namespace && account.Name == pod.Spec.ServiceAccountName {
				pod.Spec.ImagePullSecrets = slices.Clone(account.ImagePullSecrets)
			}
		}
	}
}
