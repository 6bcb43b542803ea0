package manifest

import (
	"context"
	"strings"
	"testing"
)

func TestPodsHaveThePullSecretsOfTheirServiceAccount(t *testing.T) {
	const accounts = `{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}, imagePullSecrets: [{name: a}, {name: b}]}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, imagePullSecrets: [{name: w}]}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: bare}}
---
`
	for _, row := range []struct{ name, spec, want string }{
		{"the default account", "", "a b"},
		{"another account", "serviceAccountName: web,", "w"},
		{"its old name", "serviceAccount: web,", "w"},
		{"an account without any", "serviceAccountName: bare,", ""},
		{"an account that there is not", "serviceAccountName: none,", ""},
		{"the pod's own go before", "serviceAccountName: web, imagePullSecrets: [{name: own}],", "own"},
	} {
		for _, namespace := range []string{"", "other"} {
			pod := "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" + row.spec + " containers: [{name: c, image: i}]}}\n"
			// The order of the documents plays no part.
			for _, text := range []string{accounts + pod, pod + "---\n" + strings.TrimSuffix(accounts, "---\n")} {
				loaded, err := Load(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(text), Namespace: namespace})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, s := range loaded.Pods[0].Spec.ImagePullSecrets {
					got = append(got, s.Name)
				}
				if strings.Join(got, " ") != row.want {
					t.Errorf("%s: %q, want %s", row.name, got, row.want)
				}
				if len(loaded.Accounts) != 3 || len(loaded.Warnings) > 0 {
					t.Errorf("%s: %d accounts, want 3; %v", row.name, len(loaded.Accounts), loaded.Warnings)
				}
			}
		}
	}
}

func TestPodsOfWorkloadsHaveThePullSecretsOfTheirServiceAccount(t *testing.T) {
	const text = `{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, imagePullSecrets: [{name: w}]}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},
  spec: {serviceAccountName: web, containers: [{name: c, image: i}]}}}}
`
	loaded, err := Load(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Pods[0].Spec.ImagePullSecrets; len(got) != 1 || got[0].Name != "w" {
		t.Errorf("got %v", got)
	}
}
