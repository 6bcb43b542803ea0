package instance

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// usualCapabilities are those of every container (S12.5).
var usualCapabilities = []string{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID",
	"SETPCAP", "SETUID", "SYS_CHROOT",
}

// otherCapabilities are all others of Linux.
var otherCapabilities = []string{
	"AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE",
	"LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST", "PERFMON", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
	"SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
}

// allCapabilities stands for every capability in a list to add or to drop.
const allCapabilities = "ALL"

// IsCapability reports whether a name of a list to add or to drop has an effect: ALL, or a capability of Linux without CAP_. The case
// does not matter. A node puts CAP_ before whatever it is given, and its runtime passes over what no kernel knows (S12.6).
func IsCapability(name corev1.Capability) bool {
	n := strings.ToUpper(string(name))
	return n == allCapabilities || slices.Contains(usualCapabilities, n) || slices.Contains(otherCapabilities, n)
}

// capabilities are what the engine is asked to add and to drop. A node takes ALL first, then what is added, then what is dropped
// (S12.6); the engine has an order of its own, so that it is told what remains.
func capabilities(c *corev1.Capabilities) (add, drop []string) {
	if c == nil {
		return nil, nil
	}
	added, dropped := names(c.Add), names(c.Drop)
	if len(added)+len(dropped) == 0 {
		return nil, nil
	}
	if slices.Contains(added, allCapabilities) && !slices.Contains(dropped, allCapabilities) {
		return []string{allCapabilities}, dropped
	}
	var remaining []string
	if !slices.Contains(dropped, allCapabilities) {
		remaining = slices.Clone(usualCapabilities)
	}
	remaining = append(remaining, added...)
	remaining = slices.DeleteFunc(remaining, func(n string) bool { return n == allCapabilities || slices.Contains(dropped, n) })
	slices.Sort(remaining)
	return slices.Compact(remaining), []string{allCapabilities}
}

// names are the names in a list that have an effect, in capitals.
func names(list []corev1.Capability) []string {
	var found []string
	for _, name := range list {
		if IsCapability(name) {
			found = append(found, strings.ToUpper(string(name)))
		}
	}
	return found
}
