package podtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"

	"github.com/podsim/podsim/runtime/engine"
)

// Labels and the port of testcontainers' reapers, which have a session each: a run of go test, with all its packages.
const (
	labelSession = "org.testcontainers.sessionId"
	labelReaper  = "org.testcontainers.ryuk"
	labelReap    = "org.testcontainers.reap" // on what a reaper is to remove; on nothing where the user has disabled it
	reaperPort   = nat.Port("8080/tcp")
)

// Times for a reaper that has just started.
const (
	reaperPause = 100 * time.Millisecond
	reaperTime  = time.Minute
)

// joinReapers stays connected with the reapers of a session, those there are and those that come, until ctx ends. A reaper removes what has
// the session's labels some seconds after the last process of the session has left it. A process that makes no testcontainers of its own
// would be none, and its pods would go when the tests of another package end.
func joinReapers(ctx context.Context, docker engine.Engine, host string, labels map[string]string) {
	if labels[labelReap] == "" {
		return
	}
	reapers := filters.NewArgs(filters.Arg("label", labelReaper+"=true"), filters.Arg("label", labelSession+"="+labels[labelSession]))
	starts := reapers.Clone()
	starts.Add("type", string(events.ContainerEventType))
	starts.Add("event", string(events.ActionStart))
	messages, errs := docker.Events(ctx, events.ListOptions{Filters: starts})
	var joined sync.WaitGroup
	defer joined.Wait()
	join := func(id string) { joined.Go(func() { joinReaper(ctx, docker, host, id, labels) }) }
	if running, err := docker.ContainerList(ctx, container.ListOptions{Filters: reapers}); err == nil {
		for _, c := range running {
			join(c.ID)
		}
	}
	for {
		select {
		case m := <-messages:
			join(m.Actor.ID)
		case <-errs: // the engine goes, and its reapers with it
			return
		case <-ctx.Done():
			return
		}
	}
}

// joinReaper stays connected with a reaper until ctx ends.
func joinReaper(ctx context.Context, docker engine.Engine, host, id string, labels map[string]string) {
	trying, cancel := context.WithTimeout(ctx, reaperTime)
	defer cancel()
	for {
		connection, err := greetReaper(trying, docker, host, id, labels)
		if err == nil {
			<-ctx.Done()
			connection.Close()
			return
		}
		select {
		case <-trying.Done():
			return // it does not answer, and so it removes nothing
		case <-time.After(reaperPause):
		}
	}
}

// greetReaper connects with a reaper and tells it what it is to remove.
func greetReaper(ctx context.Context, docker engine.Engine, host, id string, labels map[string]string) (_ net.Conn, err error) {
	found, err := docker.ContainerInspect(ctx, id)
	if err != nil {
		return nil, err
	}
	if found.NetworkSettings == nil || len(found.NetworkSettings.Ports[reaperPort]) == 0 {
		return nil, errors.New("it publishes no port")
	}
	at, err := client.ParseHostURL(host)
	if err != nil {
		return nil, err
	}
	machine := "127.0.0.1"
	if at.Scheme == "tcp" {
		machine = at.Hostname()
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(machine, found.NetworkSettings.Ports[reaperPort][0].HostPort))
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = connection.SetReadDeadline(time.Unix(1, 0)) })()
	var wanted []string
	for name, value := range labels {
		wanted = append(wanted, "label="+name+"="+value)
	}
	answer := make([]byte, len("ACK\n"))
	if _, err = fmt.Fprintln(connection, strings.Join(wanted, "&")); err == nil {
		_, err = io.ReadFull(connection, answer)
	}
	if err == nil && string(answer) != "ACK\n" {
		err = fmt.Errorf("it answers %q", answer)
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return connection, nil
}
