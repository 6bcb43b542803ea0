//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net"

	"github.com/podsim/podsim/network/wire"
)

// changeWire does to the network of this namespace what a wire.State in JSON says, and nothing beyond. args: STATE
func changeWire(args []string) error {
	if len(args) != 1 {
		return usage("wire wants one state")
	}
	var state wire.State
	if err := json.Unmarshal([]byte(args[0]), &state); err != nil {
		return usage("reading the state: %v", err)
	}
	return applyWire(state)
}

// applyWire works on both directions: a queue that every device sends through, and rules for what arrives.
func applyWire(state wire.State) error {
	devices, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("listing the network's devices: %w", err)
	}
	for _, device := range devices {
		if device.Flags&net.FlagLoopback != 0 {
			continue
		}
		if err := setQueue(device, queueOf(state, device.MTU)); err != nil {
			return fmt.Errorf("changing what %s sends: %w", device.Name, err)
		}
	}
	if err := applyArrivals(state); err != nil {
		return fmt.Errorf("changing what arrives: %w", err)
	}
	return nil
}
