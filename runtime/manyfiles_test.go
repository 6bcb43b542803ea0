package runtime

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// Filling volumes (S11C) takes no more calls to the engine the more volumes and files there are.
func TestManyFilesInManyVolumesTakeNoMoreCalls(t *testing.T) {
	few, many := callsUntilRunning(t, 1, 1), callsUntilRunning(t, 20, 100)
	if few["CopyToContainer"] == 0 {
		t.Errorf("nothing was copied into a volume: %v", few)
	}
	if !maps.Equal(few, many) {
		t.Errorf("20 volumes of 100 files take the calls %v, one of one file %v", many, few)
	}
}

// callsUntilRunning counts by method the calls until a pod runs whose volumes show ConfigMaps and Secrets in turn.
func callsUntilRunning(t *testing.T, volumes, files int) map[string]int {
	t.Helper()
	var mu sync.Mutex
	calls := map[string]int{}
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Minute, 0))
		var sources, mounts []string
		for i := range volumes {
			name := fmt.Sprint("v", i)
			source := fmt.Sprintf("configMap: {name: %s}", name)
			if i%2 == 1 {
				source = fmt.Sprintf("secret: {secretName: %s}", name)
			}
			sources = append(sources, fmt.Sprintf("{name: %s, %s}", name, source))
			mounts = append(mounts, fmt.Sprintf("{name: %s, mountPath: /v/%d}", name, i))
			config, secret := &corev1.ConfigMap{Data: map[string]string{}}, &corev1.Secret{Data: map[string][]byte{}}
			config.Namespace, config.Name = "default", name
			secret.Namespace, secret.Name = "default", name
			for f := range files {
				key := fmt.Sprint("f", f)
				config.Data[key], secret.Data[key] = "content", []byte("content")
			}
			if _, err := w.node.store.ConfigMaps.Create(config); err != nil {
				t.Fatal(err)
			}
			if _, err := w.node.store.Secrets.Create(secret); err != nil {
				t.Fatal(err)
			}
		}
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			mu.Lock()
			defer mu.Unlock()
			calls[call.Method]++
			return nil
		})
		w.create(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [%s],
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [%s]}]}}`, strings.Join(sources, ", "), strings.Join(mounts, ", ")))
		w.awaitPhase("p", corev1.PodRunning)
		mu.Lock()
		defer mu.Unlock()
		calls = maps.Clone(calls)
	})
	return calls
}
