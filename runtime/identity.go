package runtime

import (
	"crypto/sha256"
	"encoding/hex"
	"os"

	"github.com/denisbrodbeck/machineid"
)

// NodeID is the identity of the node that keeps its lock and socket in the given directory of this machine. Two nodes of one engine
// never have the same, so that they leave each other's pods alone, and a node has it again after a restart or a change of networks. A
// machine without an identity of its own, such as a container, goes by its hostname.
func NodeID(stateDir string) string {
	machine, err := machineid.ID()
	if err != nil || machine == "" {
		machine, _ = os.Hostname() // without a name only the directory counts
	}
	sum := sha256.Sum256([]byte(machine + "\x00" + stateDir))
	return hex.EncodeToString(sum[:])[:12]
}
