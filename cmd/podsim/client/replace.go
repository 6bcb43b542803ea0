package client

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/util/version"

	"github.com/podsim/podsim/runtime/endpoint"
)

// replace has a node of an older podsim end, and starts one of this podsim with the same flags, which takes over the pods. A node that runs
// in the foreground of somebody is only named.
func (t target) replace(ctx context.Context, there endpoint.Identity) error {
	if !isNewer(t.version, there.Version) {
		return nil
	}
	if !there.Background {
		fmt.Fprintf(os.Stderr, "Warning: podsim's node is process %d of podsim %s, in the foreground, and not replaced; this is podsim %s\n",
			there.PID, there.Version, t.version)
		return nil
	}
	if err := endpoint.AskEnd(ctx, t.dir, there); err != nil {
		if now, identifyErr := endpoint.Identify(ctx, t.dir); identifyErr == nil && now.PID != there.PID {
			return nil // somebody else has replaced it meanwhile
		}
		return replacing(there, err)
	}
	if _, err := t.spawn(ctx, endpoint.Node{Args: there.Arguments, Replaces: there.PID}); err != nil {
		return replacing(there, err)
	}
	return nil
}

func replacing(there endpoint.Identity, err error) error {
	return fmt.Errorf("replacing the node of podsim %s: %w", there.Version, err)
}

// isNewer reports whether the first version is surely the newer one: both are those of releases, or what Go calls a build of a commit.
// Builds without a version are neither newer nor older than any.
func isNewer(own, other string) bool {
	mine, err := version.ParseSemantic(own)
	if err != nil {
		return false
	}
	theirs, err := version.ParseSemantic(other)
	return err == nil && theirs.LessThan(mine)
}
