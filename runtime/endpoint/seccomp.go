package endpoint

import (
	"os"
	"path/filepath"
)

// SeccompDirectoryVariable names the environment variable that holds the directory of seccomp profiles.
const SeccompDirectoryVariable = "PODSIM_SECCOMP_DIR"

// SeccompDirectory has the seccomp profiles that pods name as localhostProfile: $PODSIM_SECCOMP_DIR if that is set, else podsim/seccomp
// in the user's directory for configuration. It need not exist.
func SeccompDirectory() string {
	if dir := os.Getenv(SeccompDirectoryVariable); dir != "" {
		return dir
	}
	config, err := os.UserConfigDir()
	if err != nil {
		config = "/etc"
	}
	return filepath.Join(config, "podsim", "seccomp")
}
