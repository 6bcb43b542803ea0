package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
)

// Identity is what a node tells of its process. The zero value is that of a node which does not tell.
type Identity struct {
	// PID is its number.
	PID int
	// Version is that of its program, such as v1.2.3; "" if that has none.
	Version string
	// Background says that Spawn started it, and Arguments with what, without the program's name.
	Background bool
	Arguments  []string
}

// NewIdentity is that of this process. Whether it was spawned it tells before Report only.
func NewIdentity(version string) Identity {
	_, spawned := os.LookupEnv(readyVariable)
	return Identity{PID: os.Getpid(), Version: version, Background: spawned, Arguments: os.Args[1:]}
}

const (
	// identityHeader is in the answers to Identify; Kubernetes has no such thing.
	identityHeader = "Podsim-Node"
	// endPath is asked with POST to end a node in the background; the parameter pid tells which is meant. It is on the socket only.
	endPath = "/podsim/end"
)

// Identify is Ping, and tells which node answers.
func Identify(ctx context.Context, dir string) (Identity, error) {
	return identify(ctx, dir, pingLimit)
}

// identityIn is the identity in an answer; one that nobody understands is that of a node which does not tell.
func identityIn(header http.Header) Identity {
	var found Identity
	if err := json.Unmarshal([]byte(header.Get(identityHeader)), &found); err != nil {
		return Identity{}
	}
	return found
}

// AskEnd has the node in the background with this identity begin to end. Its pods go on running.
func AskEnd(ctx context.Context, dir string, which Identity) error {
	response, err := request(ctx, dir, http.MethodPost, endPath+"?pid="+strconv.Itoa(which.PID))
	if err != nil {
		return fmt.Errorf("asking podsim's node to end: %w", err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("asking podsim's node to end: it answered %s", response.Status)
	}
	return nil
}

// WithIdentity answers Identify with own and AskEnd by calling end, and leaves all other requests to next.
func WithIdentity(next http.Handler, own Identity, end func()) http.Handler {
	text, _ := json.Marshal(own) // it has nothing that could not be encoded
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && r.URL.Path == versionPath:
			w.Header().Set(identityHeader, string(text))
			next.ServeHTTP(w, r)
		case r.Method != http.MethodPost || r.URL.Path != endPath:
			next.ServeHTTP(w, r)
		case !own.Background || r.URL.Query().Get("pid") != strconv.Itoa(own.PID):
			http.Error(w, "this node is not the one that is to end", http.StatusConflict)
		default:
			w.WriteHeader(http.StatusAccepted)
			end()
		}
	})
}
