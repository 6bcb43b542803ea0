package endpoint

import (
	"os"

	"github.com/gofrs/flock"
)

// dropLock unlocks first, as an open file cannot be removed. When another node takes the lock in between, the file stays.
func dropLock(lock *flock.Flock) error {
	err := lock.Close()
	os.Remove(lock.Path())
	return err
}
