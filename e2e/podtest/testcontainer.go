package podtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client" // which testcontainers speaks, and podsim does not yet: it is for Docker Engine 20.10 as well
	"github.com/testcontainers/testcontainers-go"

	"github.com/podsim/podsim/runtime/engine"
)

// Testcontainer is the container's running attempt for testcontainers-go, so that its wait strategies and what else takes a
// testcontainers.Container work on it. Its ports are the pod's, and lead through podsim; Terminate is refused, as the pod's containers
// end with the pod.
func (c *Container) Testcontainer() testcontainers.Container {
	c.pod.t.Helper()
	return result(c.pod, c.TestcontainerContext)
}

// TestcontainerContext is Testcontainer with a context.
func (c *Container) TestcontainerContext(ctx context.Context) (testcontainers.Container, error) {
	found, err := c.testcontainer(ctx)
	if err != nil {
		return nil, c.failed(ctx, "making a testcontainer of it", err)
	}
	return found, nil
}

func (c *Container) testcontainer(ctx context.Context) (*testcontainer, error) {
	if c.pod.space.node == nil {
		return nil, &NeedsEngineError{What: "Testcontainer"}
	}
	pod, err := c.pod.get(ctx)
	if err != nil {
		return nil, err
	}
	status := c.statusIn(pod)
	_, id, _ := strings.Cut(status.ContainerID, "://")
	if status.State.Running == nil || id == "" {
		return nil, errors.New("it does not run")
	}
	provider, err := c.pod.provider()
	if err != nil {
		return nil, err
	}
	found, err := provider.Client().ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("id", id)})
	if err != nil {
		return nil, err
	}
	if len(found.Items) != 1 {
		return nil, errors.New("it has just ended")
	}
	docker, err := provider.ContainerFromType(ctx, found.Items[0])
	if err != nil {
		return nil, err
	}
	return &testcontainer{DockerContainer: docker, of: c}, nil
}

// provider is testcontainers' way to the engine that the pod is on, whichever it would have found itself.
func (p *Pod) provider() (*testcontainers.DockerProvider, error) {
	host, err := engine.Host("")
	if err != nil {
		return nil, err
	}
	docker, err := client.New(client.WithTLSClientConfigFromEnv(), client.WithHost(host))
	if err != nil {
		return nil, err
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return nil, errors.Join(err, docker.Close())
	}
	_ = provider.Close() // its own client
	provider.SetClient(docker)
	p.t.Cleanup(func() { _ = docker.Close() })
	return provider, nil
}

// testcontainer is a container of a pod whose network is that of the pod.
type testcontainer struct {
	*testcontainers.DockerContainer
	of *Container
}

var _ testcontainers.Container = (*testcontainer)(nil)

// loopback is where ports are forwarded to.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Host implements testcontainers.Container.
func (*testcontainer) Host(context.Context) (string, error) { return loopback.String(), nil }

// MappedPort implements testcontainers.Container: it forwards the port.
func (c *testcontainer) MappedPort(ctx context.Context, port string) (network.Port, error) {
	wanted, err := network.ParsePort(port)
	if err != nil {
		return network.Port{}, err
	}
	return c.forward(ctx, wanted)
}

func (c *testcontainer) forward(ctx context.Context, port network.Port) (network.Port, error) {
	if port.Proto() != network.TCP {
		return network.Port{}, fmt.Errorf("forwarding port %s: only TCP can be forwarded", port)
	}
	address, err := c.of.pod.ForwardContext(ctx, int(port.Num()))
	if err != nil {
		return network.Port{}, err
	}
	_, local, err := net.SplitHostPort(address)
	if err != nil {
		return network.Port{}, err
	}
	return network.ParsePort(local)
}

// PortEndpoint implements testcontainers.Container.
func (c *testcontainer) PortEndpoint(ctx context.Context, port, scheme string) (string, error) {
	mapped, err := c.MappedPort(ctx, port)
	if err != nil {
		return "", err
	}
	address := net.JoinHostPort(loopback.String(), mapped.Port())
	if scheme == "" {
		return address, nil
	}
	return scheme + "://" + address, nil
}

// Endpoint implements testcontainers.Container, for the lowest TCP port that the container declares.
func (c *testcontainer) Endpoint(ctx context.Context, scheme string) (string, error) {
	declared := c.of.declaredPorts()
	if len(declared) == 0 {
		return "", fmt.Errorf("container %q declares no TCP port", c.of.name)
	}
	lowest := slices.MinFunc(declared, func(a, b network.Port) int { return cmp.Compare(a.Num(), b.Num()) })
	return c.PortEndpoint(ctx, lowest.String(), scheme)
}

// Ports implements testcontainers.Container: the TCP ports that the container declares, and where they are forwarded to.
func (c *testcontainer) Ports(ctx context.Context) (network.PortMap, error) {
	ports := network.PortMap{}
	for _, declared := range c.of.declaredPorts() {
		mapped, err := c.forward(ctx, declared)
		if err != nil {
			return nil, err
		}
		ports[declared] = []network.PortBinding{{HostIP: loopback, HostPort: mapped.Port()}}
	}
	return ports, nil
}

// Inspect implements testcontainers.Container: it has the ports that the container declares.
func (c *testcontainer) Inspect(ctx context.Context) (*container.InspectResponse, error) {
	found, err := c.DockerContainer.Inspect(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := c.Ports(ctx)
	if err != nil {
		return nil, err
	}
	inspected := *found
	settings := container.NetworkSettings{}
	if found.NetworkSettings != nil {
		settings = *found.NetworkSettings
	}
	settings.Ports = ports
	inspected.NetworkSettings = &settings
	return &inspected, nil
}

// ContainerIP implements testcontainers.Container: it is the pod's address.
func (c *testcontainer) ContainerIP(ctx context.Context) (string, error) {
	status, err := c.of.pod.StatusContext(ctx)
	return status.PodIP, err
}

// ContainerIPs implements testcontainers.Container.
func (c *testcontainer) ContainerIPs(ctx context.Context) ([]string, error) {
	status, err := c.of.pod.StatusContext(ctx)
	var all []string
	for _, ip := range status.PodIPs {
		all = append(all, ip.IP)
	}
	return all, err
}

// Terminate implements testcontainers.Container. It is an error.
func (c *testcontainer) Terminate(context.Context, ...testcontainers.TerminateOption) error {
	return fmt.Errorf("container %q is one of pod %s and ends with it: use Delete of the pod", c.of.name, c.of.pod.name)
}
