//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/wire"
)

const (
	// tick is the unit in which the kernel's queues are told times.
	tick = 64 * time.Nanosecond
	// queued is how many packets wait for their time at most in a queue that delays them.
	queued = 1000
	// burstTime is how much a queue with a rate may send at once, and waitTime how long what it takes may wait, both at that rate.
	burstTime = 20 * time.Millisecond
	waitTime  = 400 * time.Millisecond
	// minBurst is the least of the first that does not keep a packet from ever being sent, in packets.
	minBurst = 2
)

// Attributes of queues that package unix does not name.
const (
	tcaNetemRate = 6
	tcaTBFParms  = 1
	tcaTBFBurst  = 6
	linkEthernet = 1
	rootQueue    = 0xffffffff
)

// queue is one of the kernel's queueing disciplines. The zero value is the one that a device has by itself.
type queue struct {
	kind    string
	options []byte
}

// queueOf is the queue that has a device with this MTU send as the state says.
func queueOf(state wire.State, mtu int) queue {
	switch {
	case state.Cut:
		return queue{"pfifo", native(uint32(0))} // it has no place for a packet, and drops it without a word
	case state.Latency > 0:
		return netem(state)
	case state.Rate > 0:
		return tokenBucket(state.Rate, mtu)
	}
	return queue{}
}

// netem delays packets, and limits their rate where the state has one: a device has one queue.
func netem(state wire.State) queue {
	const loss, gap, duplicate = uint32(0), uint32(0), uint32(0)
	options := native(ticks(state.Latency), uint32(queued), loss, gap, duplicate, ticks(state.Jitter))
	if state.Rate > 0 {
		rate := native(uint32(min(state.Rate/8, 1<<32-1)), int32(0), uint32(0), int32(0)) // bytes, and nothing more for each packet or cell
		options = append(options, attribute(tcaNetemRate, rate)...)
	}
	return queue{"netem", options}
}

// tokenBucket limits the rate, in bits a second.
func tokenBucket(rate int64, mtu int) queue {
	rate /= 8
	burst := max(rate*int64(burstTime)/int64(time.Second), minBurst*int64(mtu))
	limit := burst + rate*int64(waitTime)/int64(time.Second)
	const cellLog, overhead, cellAlign, mpu = uint8(0), uint16(0), int16(0), uint16(0)
	filling := time.Duration(float64(burst) / float64(rate) * float64(time.Second))
	parameters := native(cellLog, uint8(linkEthernet), overhead, cellAlign, mpu, uint32(min(rate, 1<<32-1)), // the rate
		[12]byte{}, // no peak rate
		uint32(min(limit, 1<<32-1)), ticks(filling), uint32(0))
	return queue{"tbf", append(attribute(tcaTBFParms, parameters), attribute(tcaTBFBurst, native(uint32(min(burst, 1<<32-1))))...)}
}

func ticks(d time.Duration) uint32 { return uint32(min(d/tick, 1<<32-1)) }

// native are values one after another, in the machine's order of bytes.
func native(values ...any) []byte {
	var buffer bytes.Buffer
	for _, v := range values {
		_ = binary.Write(&buffer, binary.NativeEndian, v) // a buffer takes everything that has a size
	}
	return buffer.Bytes()
}

// attribute is a netlink attribute, padded.
func attribute(kind uint16, data []byte) []byte {
	const header = 4
	encoded := append(native(uint16(header+len(data)), kind), data...)
	return append(encoded, make([]byte, (4-len(encoded)%4)%4)...)
}

// setQueue has the device send through the queue.
func setQueue(device net.Interface, q queue) error {
	kernel, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return err
	}
	defer kernel.Close()
	if q.kind == "" {
		return dropQueue(kernel, device)
	}
	_, err = kernel.Execute(queueMessage(unix.RTM_NEWQDISC, netlink.Create|netlink.Replace, device, q))
	if errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("the kernel of the engine's machine lacks %s (sch_%[1]s)", q.kind)
	}
	return err
}

// dropQueue leaves the device to its own queue. One that it has already cannot be dropped, which the kernel says in several ways.
func dropQueue(kernel *netlink.Conn, device net.Interface) error {
	_, err := kernel.Execute(queueMessage(unix.RTM_DELQDISC, 0, device, queue{}))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// queueMessage tells the kernel about the queue that all of a device's packets go through.
func queueMessage(kind netlink.HeaderType, flags netlink.HeaderFlags, device net.Interface, q queue) netlink.Message {
	const unspecified, handle, info = uint32(unix.AF_UNSPEC), uint32(0), uint32(0)
	data := native(unspecified, int32(device.Index), handle, uint32(rootQueue), info)
	if q.kind != "" {
		data = append(data, attribute(unix.TCA_KIND, append([]byte(q.kind), 0))...)
		data = append(data, attribute(unix.TCA_OPTIONS, q.options)...)
	}
	return netlink.Message{Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Acknowledge | flags}, Data: data}
}
