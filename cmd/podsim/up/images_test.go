package up

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
)

const (
	shop = `
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  initContainers: [{name: init, image: a}, {name: side, image: a, restartPolicy: Always}]
  containers: [{name: app, image: "a:1"}]
`
	twoPods = shop + `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app}, {name: proxy, image: "a:1"}]}}
`
)

func TestImagesOfContainersAreReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		manifest string
		replaced []string
		want     string // images in order with the first letters of their pull policies, or the error
	}{
		"none":                      {shop, nil, "a:Always a:Always a:1:IfNotPresent"},
		"a main":                    {shop, []string{"app=b:2"}, "a:Always a:Always b:2:IfNotPresent"},
		"the policy is the new's":   {shop, []string{"app=b", "side=b:2"}, "a:Always b:2:IfNotPresent b:Always"},
		"an init":                   {shop, []string{"init=b@sha256:1"}, "b@sha256:1:IfNotPresent a:Always a:1:IfNotPresent"},
		"with the pod's name":       {shop, []string{"shop/app=b:2"}, "a:Always a:Always b:2:IfNotPresent"},
		"of a workload without one": {twoPods, []string{"web/app=b:2", "shop/app=c:3"}, "a:Always a:Always c:3:IfNotPresent b:2:IfNotPresent a:1:IfNotPresent b:2:IfNotPresent a:1:IfNotPresent"},
		"no such container":         {shop, []string{"nosuch=b"}, "--image=nosuch=b: there is no such container; there are init, side, app"},
		"no such pod":               {twoPods, []string{"x/app=b", "web/app=b"}, "--image=x/app=b: there is no such container; there are shop/init, shop/side, shop/app, web/app, web/proxy"},
		"a container of two pods":   {twoPods, []string{"app=b"}, "--image=app=b: several pods have such a container; name one of shop/app, web/app"},
		"the only one of its name":  {twoPods, []string{"proxy=b:2", "web/app=b:2"}, "a:Always a:Always a:1:IfNotPresent b:2:IfNotPresent b:2:IfNotPresent b:2:IfNotPresent b:2:IfNotPresent"},
		"nothing after the sign":    {shop, []string{"app="}, "--image=app=: want CONTAINER=IMAGE, or POD/CONTAINER=IMAGE where several pods have a container of that name"},
		"no sign":                   {shop, []string{"app"}, "--image=app: want CONTAINER=IMAGE, or POD/CONTAINER=IMAGE where several pods have a container of that name"},
		"no pod before the slash":   {shop, []string{"/app=b"}, "--image=/app=b: want CONTAINER=IMAGE, or POD/CONTAINER=IMAGE where several pods have a container of that name"},
		"twice":                     {shop, []string{"app=b", "app=c"}, `--image and --build name container "app" more than once`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := withImages(t, c.manifest, c.replaced)
			if err != nil {
				var text string
				var code int
				if code, text = exit.Report(err); code != 2 {
					t.Errorf("exit code %d", code)
				}
				got = strings.TrimSuffix(strings.TrimPrefix(text, "error: "), "\n")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// withImages are the images of a manifest's pods after the flags.
func withImages(t *testing.T, text string, replaced []string) (string, error) {
	images, err := parseImages(replaced, nil)
	if err != nil {
		return "", err
	}
	a := amender{images: images}
	m, err := manifest.Load(t.Context(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text), Replicas: 2, Amend: a.amend})
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return "", err
	}
	var list []string
	for _, pod := range m.Pods {
		for c := range podspec.Containers(pod) {
			list = append(list, c.Image+":"+string(c.ImagePullPolicy))
		}
	}
	return strings.Join(list, " "), nil
}
