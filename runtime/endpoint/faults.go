package endpoint

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/runtime/fault"
)

// Faults does faults to a pod, and ends them, over the API of the pod's node. An API server that is no node's answers NotFound.
type Faults struct {
	client rest.Interface
	path   string
}

// NewFaults returns the faults of a pod. client is one of any group of the node's API.
func NewFaults(client rest.Interface, namespace, pod string) Faults {
	return Faults{client, fault.Path(namespace, pod)}
}

// Inject does a fault and returns it as it was done. It returns when that is so.
func (f Faults) Inject(ctx context.Context, wanted fault.Fault) (done fault.Fault, err error) {
	body, err := json.Marshal(wanted)
	if err != nil {
		return done, err
	}
	return done, read(f.client.Post().AbsPath(f.path).SetHeader("Content-Type", "application/json").Body(body).Do(ctx), &done)
}

// List returns the faults that last.
func (f Faults) List(ctx context.Context) (lasting []fault.Fault, err error) {
	return lasting, read(f.client.Get().AbsPath(f.path).Do(ctx), &lasting)
}

// Clear ends the faults with these IDs, or all if there are none, and returns those that it ended.
func (f Faults) Clear(ctx context.Context, ids ...string) (cleared []fault.Fault, err error) {
	request := f.client.Delete().AbsPath(f.path)
	for _, id := range ids {
		request = request.Param("id", id)
	}
	return cleared, read(request.Do(ctx), &cleared)
}

func read(result rest.Result, into any) error {
	content, err := result.Raw()
	if err != nil {
		if worded := result.Error(); worded != nil { // in the words of the server
			return worded
		}
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("reading the node's answer: %w", err)
	}
	return nil
}
