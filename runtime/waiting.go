package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kept"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// A pod that waits for its first sandbox, because something is missing that its volumes show or the engine makes none, has nothing on the
// engine yet by which a next node could know it (D3), and neither has one that was rejected. Until there is a sandbox its records lie in
// the state directory.

const waitingSuffix = ".json"

// waitingPod is what lies there of a pod.
type waitingPod struct {
	// Labels are those of the sandbox to come that tell how its node took it.
	Labels map[string]string
	// Files are the records of the meta volume to come. Secrets are nil where they would reach a disk: then the pod waits for the objects.
	Files, Secrets map[string][]byte
}

// waitingFile is where a pod's records lie until it has its first sandbox.
type waitingFile struct {
	path    string
	secrets bool
	labels  func() map[string]string
	there   atomic.Bool // or may be
}

// newWaitingFile is the file of a worker's pod, which is not there yet; nil if the node has no state directory.
func newWaitingFile(w *worker) *waitingFile {
	dir := w.node.options.StateDir
	if dir == "" {
		return nil
	}
	return &waitingFile{path: filepath.Join(endpoint.WaitingPath(dir), string(w.uid)+waitingSuffix), secrets: kept.InMemory(dir), labels: w.labels}
}

func (f *waitingFile) write(meta volumes.Meta) error {
	content := waitingPod{Labels: f.labels(), Files: meta.Files}
	if f.secrets {
		content.Secrets = meta.Secrets
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encoding the records of a pod that waits: %w", err)
	}
	f.there.Store(true)
	return kept.WriteFile(f.path, encoded)
}

// adopt says that an earlier node may have written the file.
func (f *waitingFile) adopt() {
	if f != nil {
		f.there.Store(true)
	}
}

func (f *waitingFile) remove() error {
	if f == nil || !f.there.Load() {
		return nil
	}
	if err := kept.RemoveFile(f.path); err != nil {
		return err
	}
	f.there.Store(false)
	return nil
}

// adoptWaiting takes the pods over that have no sandbox yet, and returns their workers, which do not run yet. Those of the uids it leaves as
// they are: nobody could look what the engine has of them.
func (n *Node) adoptWaiting(unknown map[types.UID]bool) (workers []*worker, err error) {
	if n.options.StateDir == "" {
		return nil, nil
	}
	dir := endpoint.WaitingPath(n.options.StateDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for pods that wait: %w", err)
	}
	var failures []error
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		uid, whole := strings.CutSuffix(entry.Name(), waitingSuffix)
		switch {
		case strings.HasSuffix(path, kept.Unfinished): // its writing was interrupted
			failures = append(failures, kept.RemoveFile(path))
		case whole && !unknown[types.UID(uid)]:
			w, err := n.adoptWaitingPod(path, types.UID(uid))
			failures = append(failures, err)
			if w != nil {
				workers = append(workers, w)
			}
		}
	}
	return workers, errors.Join(failures...)
}

// adoptWaitingPod takes one pod over, if there is none of its name that is younger. A file that holds nonsense is moved aside.
func (n *Node) adoptWaitingPod(path string, uid types.UID) (*worker, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	waiting, saved, err := decodeWaiting(content, uid)
	if err != nil {
		n.log.Error("reading a pod that waits; its file is moved aside", "file", path, "error", err)
		return nil, os.Rename(path, path+kept.Damaged)
	}
	there, err := n.store.Pods.Get(store.KeyOf(saved.Pod))
	if err == nil && (there.UID == uid || !there.CreationTimestamp.Before(&saved.Pod.CreationTimestamp)) {
		return nil, kept.RemoveFile(path) // what could not be removed in time
	}
	if err := n.putBackRecords(saved, waiting.Files, waiting.Secrets); err != nil {
		n.log.Warn("reading the records of a pod's objects", "file", path, "error", err)
	}
	w := newWorker(n, saved.Pod)
	w.saver.number = saved.Number
	w.saver.waiting.adopt()
	w.adoptLabels(waiting.Labels)
	w.faults.adopt(saved.Faults, func(string) bool { return false })
	kubeapi.EnsureNamespace(n.store, saved.Pod.Namespace)
	if _, err := n.store.Pods.Create(saved.Pod); err != nil {
		return nil, err
	}
	return w, nil
}

// recordBeside is the record of a pod in the state directory, if there is one.
func (n *Node) recordBeside(uid types.UID) (savedPod, bool) {
	if n.options.StateDir == "" {
		return savedPod{}, false
	}
	content, err := os.ReadFile(filepath.Join(endpoint.WaitingPath(n.options.StateDir), string(uid)+waitingSuffix))
	if err != nil {
		return savedPod{}, false
	}
	_, saved, err := decodeWaiting(content, uid)
	return saved, err == nil
}

func decodeWaiting(content []byte, uid types.UID) (waiting waitingPod, saved savedPod, err error) {
	if err := json.Unmarshal(content, &waiting); err != nil {
		return waiting, saved, err
	}
	saved, err = newestPodRecord(uid, waiting.Files)
	return waiting, saved, err
}
