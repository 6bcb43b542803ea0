package probe

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestTCPPassesWhereThePortIsOpen(t *testing.T) { // (S6.40)
	listener := listen(t)
	got, err := TCP(within(t, time.Minute), new(net.Dialer).DialContext, &corev1.TCPSocketAction{Port: portOf(listener)}, &corev1.Container{}, "127.0.0.1")
	if want := (Outcome{Answer: Success}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the probe sent %d bytes or kept its connection open (%v)", n, err)
	}
	conn.Close()
}

func TestTCPFailsInTheWordsOfTheDial(t *testing.T) {
	listener := listen(t)
	listener.Close()
	port := portOf(listener)
	got, err := TCP(within(t, time.Minute), new(net.Dialer).DialContext, &corev1.TCPSocketAction{Port: port}, &corev1.Container{}, "127.0.0.1")
	want := Outcome{Answer: Failure, Output: "dial tcp 127.0.0.1:" + port.String() + ": connect: connection refused"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestTCPFailsWhenItsTimeIsUp(t *testing.T) { // (S6.40)
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		got, err := TCP(within(t, time.Second), unreachable, &corev1.TCPSocketAction{Port: intstr.FromInt32(9090)}, &corev1.Container{}, "10.0.0.5")
		want := Outcome{Answer: Failure, Output: "dial tcp 10.0.0.5:9090: i/o timeout"}
		if err != nil || got != want || time.Since(begin) != time.Second {
			t.Errorf("got %+v, %v after %v, want %+v after 1s", got, err, time.Since(begin), want)
		}
	})
}

func TestTCPGoesToTheHostOfTheAction(t *testing.T) { // (S6.40)
	var asked string
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		asked = network + " " + address
		return nil, errors.New("not today")
	}
	c := &corev1.Container{Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 80}}}
	got, err := TCP(within(t, time.Minute), dial, &corev1.TCPSocketAction{Host: "fd00::1", Port: intstr.FromString("web")}, c, "10.0.0.5")
	if want := (Outcome{Answer: Failure, Output: "not today"}); err != nil || got != want || asked != "tcp [fd00::1]:80" {
		t.Errorf("got %+v, %v from %s", got, err, asked)
	}
}

func TestNetworkProbesDoNotRunWithoutTheirPort(t *testing.T) { // (S6.30)
	nowhere := intstr.FromString("x")
	for name, attempt := range map[string]func() (Outcome, error){
		"http": func() (Outcome, error) {
			return HTTP(t.Context(), unreachable, &corev1.HTTPGetAction{Port: nowhere}, &corev1.Container{}, "10.0.0.5")
		},
		"tcp": func() (Outcome, error) {
			return TCP(t.Context(), unreachable, &corev1.TCPSocketAction{Port: nowhere}, &corev1.Container{}, "10.0.0.5")
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := attempt(); err == nil || err.Error() != `port "x" not found` {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestNetworkProbesThatAreCancelledDidNotRun(t *testing.T) {
	for name, attempt := range map[string]func(ctx context.Context, dial Dial) (Outcome, error){
		"http": func(ctx context.Context, dial Dial) (Outcome, error) {
			return HTTP(ctx, dial, &corev1.HTTPGetAction{Port: intstr.FromInt32(80)}, &corev1.Container{}, "10.0.0.5")
		},
		"tcp": func(ctx context.Context, dial Dial) (Outcome, error) {
			return TCP(ctx, dial, &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}, &corev1.Container{}, "10.0.0.5")
		},
		"grpc": func(ctx context.Context, dial Dial) (Outcome, error) {
			return GRPC(ctx, dial, &corev1.GRPCAction{Port: 80}, "10.0.0.5")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(within(t, time.Minute))
				go func() {
					synctest.Wait()
					cancel()
				}()
				if got, err := attempt(ctx, unreachable); !errors.Is(err, context.Canceled) {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		})
	}
}

// unreachable dials an address that never answers.
func unreachable(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// within is a context with a probe's timeout.
func within(t testing.TB, timeout time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	return ctx
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func portOf(listener net.Listener) intstr.IntOrString {
	return intstr.FromInt32(int32(listener.Addr().(*net.TCPAddr).Port))
}

// pipes is a network of pipes: what is dialed by Dial is accepted by the listener.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{dialed: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialed <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialed:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Net: "pipe", Name: "pipe"} }
