//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/podsim/podsim/network/serviceproxy"
)

const (
	// proxySocket is where the proxy takes its tables, in its own container, whose files no other container sees.
	proxySocket = "/podsim/proxy.sock"
	// proxyStart is how long the proxy may take until it can be told a table.
	proxyStart = 5 * time.Second
)

// proxy translates for a pod what goes to Services and answers for their names, until SIGTERM or SIGINT.
func proxy() error {
	names, err := listenDNS()
	if err != nil {
		return fmt.Errorf("listening for names: %w", err)
	}
	listener, err := net.Listen("unix", proxySocket)
	if err != nil {
		return fmt.Errorf("listening for tables: %w", err)
	}
	p := &serviceProxy{names: names, chosen: affinities{}}
	go p.listen(listener)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	return nil
}

// serviceProxy takes tables one after another.
type serviceProxy struct {
	mu     sync.Mutex
	names  *dnsServer
	chosen affinities
}

func (p *serviceProxy) listen(listener net.Listener) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			var table serviceproxy.Table
			err := json.NewDecoder(c).Decode(&table)
			if err == nil {
				err = p.take(table)
			}
			if err != nil {
				io.WriteString(c, err.Error())
			}
		}()
	}
}

// take brings a table into effect. When it fails, the older one stays.
func (p *serviceProxy) take(table serviceproxy.Table) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	chosen := p.chosen.settle(table.Forwards)
	p.names.tell(table.Zone, table.Upstream) // before the rules lead anybody to it
	if err := applyRoutes(table.Routes); err != nil {
		return fmt.Errorf("changing the routes: %w", err)
	}
	if err := applyRules(table, p.names.address()); err != nil {
		return fmt.Errorf("changing the kernel's rules: %w", err)
	}
	forgetStale(table.Forwards)
	p.chosen = chosen
	return nil
}

// proxyTable hands the table on standard input to the proxy of its container, and returns when it is in effect.
func proxyTable(stdin io.Reader) error {
	c, err := dialProxy()
	if err != nil {
		return fmt.Errorf("reaching the proxy: %w", err)
	}
	defer c.Close()
	if _, err := io.Copy(c, stdin); err != nil {
		return fmt.Errorf("telling the proxy: %w", err)
	}
	if err := c.CloseWrite(); err != nil {
		return fmt.Errorf("telling the proxy: %w", err)
	}
	said, err := io.ReadAll(c)
	if err != nil {
		return fmt.Errorf("waiting for the proxy: %w", err)
	}
	if len(said) > 0 {
		return errors.New(string(said))
	}
	return nil
}

// dialProxy waits for a proxy that is just starting.
func dialProxy() (*net.UnixConn, error) {
	for deadline := time.Now().Add(proxyStart); ; {
		c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: proxySocket, Net: "unix"})
		if err == nil || time.Now().After(deadline) {
			return c, err
		}
		time.Sleep(2 * time.Millisecond)
	}
}
