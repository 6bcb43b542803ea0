package instance

import (
	"cmp"
	"strconv"

	"github.com/docker/docker/api/types/container"
)

// The limits of a log where nothing else is asked for: a kubelet's (S10.42).
const (
	DefaultLogMaxSize  = 10 << 20
	DefaultLogMaxFiles = 5
)

// LogLimits bound what the log of an instance takes of the engine's disk: the engine drops the oldest file when there is one too many.
type LogLimits struct {
	MaxSize  int64 // of a file in bytes; 0 is DefaultLogMaxSize
	MaxFiles int   // with the one that is written to; 0 is DefaultLogMaxFiles
}

// Total is what all files of one log hold at most, in bytes.
func (l LogLimits) Total() int64 {
	return cmp.Or(l.MaxSize, DefaultLogMaxSize) * int64(cmp.Or(l.MaxFiles, DefaultLogMaxFiles))
}

// config is the log driver of an instance: files that the engine can read back.
func (l LogLimits) config() container.LogConfig {
	return container.LogConfig{Type: "json-file", Config: map[string]string{
		"max-size": strconv.FormatInt(cmp.Or(l.MaxSize, DefaultLogMaxSize), 10),
		"max-file": strconv.Itoa(cmp.Or(l.MaxFiles, DefaultLogMaxFiles)),
	}}
}
