package runtime

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// Tokens are replaced when a fifth of their life is left, and when a node finds pods whose tokens it does not know (S11.29).
func TestTokensAreReplacedInTime(t *testing.T) {
	keyFile := filepath.Join(t.TempDir(), "key")
	inWorld(t, func(w *world) {
		w.options.TokenKeyFile = keyFile
		w.restart(0)
		var updates []time.Duration
		begun := time.Now()
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if slices.Contains(x.Command, "update") {
				updates = append(updates, time.Since(begun).Truncate(time.Minute))
			}
			return enginetest.ExecResult{}
		})
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - name: tokens
    projected: {sources: [{serviceAccountToken: {path: a}}, {serviceAccountToken: {path: b, audience: vault, expirationSeconds: 6000}}]}
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [{name: tokens, mountPath: /t}]}]
`)
		time.Sleep(100 * time.Minute)
		if want := []time.Duration{48 * time.Minute, 80 * time.Minute, 96 * time.Minute}; !slices.Equal(updates, want) {
			t.Errorf("they were replaced after %v", updates)
		}
		w.restart(0)
		time.Sleep(10 * time.Minute)
		if len(updates) != 4 {
			t.Errorf("with a new node they were replaced after %v", updates)
		}
	})
}
