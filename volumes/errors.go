package volumes

import (
	"fmt"
	"strings"
)

// EventFailedMount is the reason of the Warning event on the pod for a MountError (S11.4).
const EventFailedMount = "FailedMount"

// MountError says why a volume of a pod cannot be set up. Its text is the message of the event.
type MountError struct {
	Volume string
	// Unknown is set when it cannot even be told what the volume is.
	Unknown bool
	Err     error
}

func (e *MountError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("Unable to attach or mount volumes: unmounted volumes=[%[1]s], unattached volumes=[], failed to process volumes=[%[1]s]: %[2]v", e.Volume, e.Err)
	}
	return `MountVolume.SetUp failed for volume "` + e.Volume + `" : ` + e.Err.Error()
}

func (e *MountError) Unwrap() error { return e.Err }

// MountErrors are the failures of several volumes; each deserves an event of its own.
type MountErrors []*MountError

func (e MountErrors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes errors.As and errors.Is look at each failure.
func (e MountErrors) Unwrap() []error {
	list := make([]error, len(e))
	for i, one := range e {
		list[i] = one
	}
	return list
}

// OrNil avoids a non-nil error that holds no failure.
func (e MountErrors) OrNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// SubPathError says why a subPath of a container cannot be used. Its text is the message of a
// CreateContainerConfigError and, as a kubelet's, hides details (S11.51); Err has them.
type SubPathError struct {
	Volume, Container string
	// Creating is set when a missing directory could not be created, unset when the path could not be prepared.
	Creating bool
	Err      error
}

func (e *SubPathError) Error() string {
	doing := "prepare subPath"
	if e.Creating {
		doing = "create subPath directory"
	}
	return "failed to " + doing + ` for volumeMount "` + e.Volume + `" of container "` + e.Container + `"`
}

func (e *SubPathError) Unwrap() error { return e.Err }
