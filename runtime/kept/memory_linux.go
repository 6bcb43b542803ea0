package kept

import "golang.org/x/sys/unix"

// InMemory reports whether the files of a directory never reach a disk, but as memory that is swapped out. When that cannot be found out,
// they may.
func InMemory(dir string) bool {
	var found unix.Statfs_t
	if err := unix.Statfs(dir, &found); err != nil {
		return false
	}
	kind := int64(found.Type)
	return kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC
}
