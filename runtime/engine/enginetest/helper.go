package enginetest

import (
	"strconv"
	"strings"

	"github.com/podsim/podsim/network"
)

// isHelper reports whether the container is one in which the node runs a verb of the agent on the engine's machine.
func (c *fakeContainer) isHelper() bool {
	return c.container == "" && c.config.Labels[network.LabelManaged] == "true" && strings.HasPrefix(c.config.Image, agentRepository)
}

// help is what a helper does: its verb, at once. Of those only kill does anything. The caller holds the lock.
func (e *Engine) help(c *fakeContainer) Run {
	verb := c.config.Cmd
	if len(verb) != 4 || verb[0] != "kill" || verb[1] != "-container" {
		return Run{}
	}
	if pid, err := strconv.Atoi(verb[3]); err == nil {
		e.killProcess(verb[2], pid)
	}
	return Run{}
}
