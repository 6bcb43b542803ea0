//go:build unix

package endpoint

import (
	"errors"

	"github.com/gofrs/flock"
)

// dropLock removes the lock file while it is locked, so that nobody takes a file that is about to go; who has opened
// it already finds out by takeLock's second look.
func dropLock(lock *flock.Flock) error {
	return errors.Join(removeFile(lock.Path()), lock.Close())
}
