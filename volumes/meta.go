package volumes

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podsim/podsim/network"
)

// Meta is content of the meta volume of a pod. Fields that are nil are left out, so that it can also stand for a later
// change of a few files. A file that is replaced keeps its old content in running containers; network.WriteHosts
// changes the hosts file for those too.
type Meta struct {
	Hosts, ResolvConf, Hostname []byte
	// TerminationLogs are new, empty termination logs, as TerminationLog names them. Every instance needs one before
	// it starts.
	TerminationLogs []string
	// Files are podsim's own records by their name in the meta volume.
	Files map[string][]byte
	// Secrets are records that must never reach a disk, by their name in the secrets volume.
	Secrets map[string][]byte
}

var (
	metaDir    = strings.TrimPrefix(network.MetaDir, network.Root+"/")
	secretsDir = strings.TrimPrefix(network.SecretsDir, network.Root+"/")
)

// The modes of podsim's own files.
const (
	privateDirectory   = 0o700
	privateFile        = 0o600
	sharedFile         = 0o644
	terminationLogMode = 0o666 // S10.30
)

// Write adds the files to an archive.
func (m Meta) Write(a *Archive) error {
	w := volumeWriter{archive: a, root: metaDir}
	w.directory("", privateDirectory)
	shared := map[string][]byte{HostsFile: m.Hosts, ResolvConfFile: m.ResolvConf, HostnameFile: m.Hostname}
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		if shared[name] != nil {
			w.file(name, file{content: shared[name], mode: sharedFile})
		}
	}
	made := map[string]bool{}
	for _, log := range m.TerminationLogs {
		w.directories("", path.Dir(log), made)
		w.file(log, file{mode: terminationLogMode})
	}
	w.writeRecords(m.Files)
	if w.err == nil && len(m.Secrets) > 0 {
		w.root = secretsDir
		w.directory("", privateDirectory)
		w.writeRecords(m.Secrets)
	}
	return w.err
}

func (w *volumeWriter) writeRecords(records map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(records)) {
		w.file(name, file{content: records[name], mode: privateFile})
	}
}
