package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernetwork "github.com/docker/docker/api/types/network"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/podsim/podsim/network"
)

// theirNetwork makes a network that is not podsim's, as the tests of other programs do. With ipv6 it has a subnet of that, whose prefix
// (without the :: at its end) is $SUBNET.
func (s *suite) theirNetwork(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "theirnetwork NAME [ipv6]")
	options := dockernetwork.CreateOptions{Driver: "bridge"}
	if len(args) > 1 {
		prefix := randomPrefix()
		ts.Setenv("SUBNET", prefix)
		options = withIPv6(prefix)
	}
	made, err := s.docker.NetworkCreate(context.Background(), args[0], options)
	ts.Check(err)
	ts.Defer(func() { // a pod of a script that failed may still be there
		ctx := context.Background()
		found, err := s.docker.NetworkInspect(ctx, made.ID, dockernetwork.InspectOptions{})
		if err != nil {
			return
		}
		for id := range found.Containers {
			_ = s.docker.NetworkDisconnect(ctx, made.ID, id, true)
		}
		_ = s.docker.NetworkRemove(ctx, made.ID)
	})
}

// theirContainer runs a container that is not podsim's on a network, with that name there, until the script ends.
func (s *suite) theirContainer(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 3, true, "theircontainer NAME NETWORK COMMAND...")
	ctx := context.Background()
	ends := map[string]*dockernetwork.EndpointSettings{args[1]: {Aliases: []string{args[0]}}}
	made, err := s.docker.ContainerCreate(ctx, &container.Config{Image: "busybox:1.36", Cmd: args[2:]},
		&container.HostConfig{NetworkMode: container.NetworkMode(args[1])}, &dockernetwork.NetworkingConfig{EndpointsConfig: ends}, nil, "")
	ts.Check(err)
	ts.Defer(func() { // before the network
		_ = ignoreNotFound(s.docker.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true}))
	})
	ts.Check(s.docker.ContainerStart(ctx, made.ID, container.StartOptions{}))
	ts.Setenv("THEIRS", made.ID)
}

// inContainer runs a command in the newest container of theirContainer's until it succeeds.
func (s *suite) inContainer(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "intheirs COMMAND...")
	ctx, id := context.Background(), ts.Getenv("THEIRS")
	ts.Check(poll(func() (bool, error) {
		made, err := s.docker.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: args, AttachStdout: true})
		if err != nil {
			return false, err
		}
		stream, err := s.docker.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
		if err != nil {
			return false, err
		}
		defer stream.Close()
		for err == nil {
			_, err = stream.Reader.Discard(1)
		}
		seen, err := s.docker.ContainerExecInspect(ctx, made.ID)
		return err == nil && seen.ExitCode == 0, err
	}))
}

// randomPrefix is the prefix of a subnet that nobody else has.
func randomPrefix() string {
	return fmt.Sprintf("fd%02x:%x:%x:%x", rand.IntN(256), 1+rand.IntN(65535), 1+rand.IntN(65535), 1+rand.IntN(65535))
}

func withIPv6(prefix string) dockernetwork.CreateOptions {
	enable := true
	return dockernetwork.CreateOptions{Driver: "bridge", EnableIPv6: &enable,
		IPAM: &dockernetwork.IPAM{Driver: "default", Config: []dockernetwork.IPAMConfig{{Subnet: prefix + "::/64"}}}}
}

// hasIPv6 reports whether the engine can make networks with IPv6: some machines' kernels have none.
func (s *suite) hasIPv6() bool {
	if s.docker == nil {
		return false
	}
	ctx := context.Background()
	made, err := s.docker.NetworkCreate(ctx, "podsim-e2e-ipv6-"+strconv.Itoa(os.Getpid()), withIPv6(randomPrefix()))
	if err != nil {
		return false
	}
	_ = s.docker.NetworkRemove(ctx, made.ID)
	return true
}

// freePorts sets variables to ports of 127.0.0.1 that nobody uses, neither for TCP nor for UDP.
func freePorts(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "freeports VARIABLE...")
	for _, name := range args {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer listener.Close()
		ts.Setenv(name, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	}
}

// listen takes a port of 127.0.0.1 until the script ends.
func listen(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "listen PORT")
	listener, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
}

// published checks where the ports of a pod are published: PORT/PROTOCOL=ADDRESS:PORT each, and no others.
func (s *suite) published(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "published POD [PORT=ADDRESS...]")
	found, err := s.docker.ContainerList(context.Background(), container.ListOptions{Filters: filters.NewArgs(
		filters.Arg("label", network.LabelType+"="+network.TypeSandbox), filters.Arg("label", network.LabelPodName+"="+args[0]),
		filters.Arg("label", network.LabelPodNamespace+"="+ts.Getenv("NS")))})
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d sandboxes", len(found))
	}
	var got []string
	for _, p := range found[0].Ports {
		got = append(got, fmt.Sprintf("%d/%s=%s", p.PrivatePort, p.Type, net.JoinHostPort(p.IP, strconv.Itoa(int(p.PublicPort)))))
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("published: %q, want %q", got, want)
	}
}

// fetches gets a page from this machine until it has the text; with "!", the page cannot be had.
func fetches(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		usage(ts, false, args, 1, false, "! fetches URL")
		if answer, err := http.Get(args[0]); err == nil {
			answer.Body.Close()
			ts.Fatalf("%s answers %s", args[0], answer.Status)
		}
		return
	}
	usage(ts, neg, args, 2, false, "fetches URL TEXT")
	ts.Check(poll(func() (bool, error) {
		answer, err := http.Get(args[0])
		if err != nil {
			return false, nil
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		return err == nil && strings.TrimSpace(string(page)) == args[1], nil
	}))
}
