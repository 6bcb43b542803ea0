package endpoint

import "io/fs"

// checkPrivate and checkParent have nothing to say here: who may enter a directory is left to the access lists that it
// inherits.
func checkPrivate(fs.FileInfo) error { return nil }

func checkParent(fs.FileInfo) error { return nil }
