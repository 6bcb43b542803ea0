package volumes

// groupRule is what the pod's fsGroup means for the entries of one volume (S11.61).
type groupRule struct {
	gid      *int64 // nil: the pod has no fsGroup
	readOnly bool   // no container may write to the volume
}

// id is the group of every entry, symbolic links included.
func (r groupRule) id() int64 {
	if r.gid == nil {
		return 0
	}
	return *r.gid
}

func (r groupRule) fileMode(mode int64) int64 {
	switch {
	case r.gid == nil:
		return mode
	case r.readOnly:
		return mode | 0o440
	}
	return mode | 0o660
}

func (r groupRule) directoryMode(mode int64) int64 {
	if r.gid == nil {
		return mode
	}
	return r.fileMode(mode) | 0o110 | 0o2000
}
