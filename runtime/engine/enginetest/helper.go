package enginetest

import (
	"path"
	"strconv"
	"strings"

	"github.com/podsim/podsim/network"
)

// isHelper reports whether the container is one in which the node runs a verb of the agent on the engine's machine.
func (c *fakeContainer) isHelper() bool {
	return c.container == "" && c.config.Labels[network.LabelType] == "" && c.config.Labels[network.LabelManaged] == "true" && strings.HasPrefix(c.config.Image, agentRepository)
}

// Wire is what the node had the agent do to the network of a sandbox last, in the words of the agent's verb; "" before the first time.
func (e *Engine) Wire(sandboxID string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wires[sandboxID]
}

// DiskSize is how much the machine's disk can hold, in bytes.
const DiskSize = 100 << 30

// fillFile is what the agent's verb fill makes in a volume, and unfill removes.
const fillFile = ".podsim-fault"

// help is what a helper does: its verb, at once. Of those only kill, disk, wire, hog and unfill do anything. The caller holds the lock.
func (e *Engine) help(c *fakeContainer) Run {
	switch verb := c.config.Cmd; {
	case len(verb) == 2 && verb[0] == "disk":
		return Run{Output: strconv.Itoa(DiskSize) + "\n"}
	case len(verb) == 2 && verb[0] == "wire":
		e.wires[strings.TrimPrefix(string(c.host.NetworkMode), "container:")] = verb[1]
	case len(verb) == 2 && verb[0] == "hog":
		if starved, err := e.find(verb[1]); err == nil {
			e.exit(starved, codeKilled, true)
		}
	case len(verb) == 2 && verb[0] == "unfill":
		files, name := e.place(c, path.Join(verb[1], fillFile))
		delete(files, name)
	case len(verb) == 4 && verb[0] == "kill" && verb[1] == "-container":
		if pid, err := strconv.Atoi(verb[3]); err == nil {
			e.killProcess(verb[2], pid)
		}
	}
	return Run{}
}
