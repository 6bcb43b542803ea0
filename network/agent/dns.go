//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/podsim/podsim/network/serviceproxy"
)

const (
	// dnsPort is where resolvers ask.
	dnsPort = 53
	// dnsHost is the proxy's own address of the pod's loopback device. What comes from it is not sent back to the proxy.
	dnsHost = "127.0.0.53"
	// upstreamTime bounds the wait for the upstream server.
	upstreamTime = 5 * time.Second
	// dnsIdle is how long a connection may be silent.
	dnsIdle = 10 * time.Second
	// maxDNSMessage is the length of the longest message, in bytes.
	maxDNSMessage = math.MaxUint16
)

// dnsServer answers for the names of a zone and hands on all other questions.
type dnsServer struct {
	packets *net.UDPConn
	streams *net.TCPListener
	known   atomic.Pointer[dnsKnowledge]
}

type dnsKnowledge struct {
	zone     serviceproxy.Zone
	upstream netip.AddrPort
}

// listenDNS starts a server at a port that is free both for UDP and for TCP.
func listenDNS() (*dnsServer, error) {
	const tries = 10
	host := net.ParseIP(dnsHost)
	for try := 1; ; try++ {
		packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: host})
		if err != nil {
			return nil, err
		}
		streams, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: host, Port: packets.LocalAddr().(*net.UDPAddr).Port})
		if err != nil {
			packets.Close()
			if try < tries {
				continue
			}
			return nil, err
		}
		s := &dnsServer{packets: packets, streams: streams}
		s.known.Store(&dnsKnowledge{})
		go s.servePackets()
		go s.serveStreams()
		return s, nil
	}
}

func (s *dnsServer) address() netip.AddrPort {
	address := s.packets.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
}

func (s *dnsServer) tell(zone serviceproxy.Zone, upstream netip.AddrPort) {
	zone.Shuffle = rand.Shuffle
	s.known.Store(&dnsKnowledge{zone, upstream})
}

func (s *dnsServer) servePackets() {
	buffer := make([]byte, maxDNSMessage)
	for {
		n, client, err := s.packets.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // what a client's end brought back
		}
		query := append([]byte(nil), buffer[:n]...)
		go func() {
			if answer := s.known.Load().answer("udp", query); answer != nil {
				s.packets.WriteToUDPAddrPort(answer, client)
			}
		}()
	}
}

func (s *dnsServer) serveStreams() {
	for {
		c, err := s.streams.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go func() {
			defer c.Close()
			for {
				c.SetDeadline(time.Now().Add(dnsIdle))
				query, err := readMessage(c)
				if err != nil {
					return
				}
				answer := s.known.Load().answer("tcp", query)
				c.SetDeadline(time.Now().Add(dnsIdle))
				if answer == nil || writeMessage(c, answer) != nil {
					return
				}
			}
		}()
	}
}

// answer is the answer to a query that came by udp or tcp; nil if there is none.
func (k *dnsKnowledge) answer(network string, message []byte) []byte {
	query, err := serviceproxy.ParseQuery(message)
	if err != nil || !k.zone.Knows(query) {
		answer, err := k.ask(network, message)
		if err != nil {
			return serverFailure(message)
		}
		return answer
	}
	limit := 0
	if network == "tcp" {
		limit = maxDNSMessage
	}
	answer, err := k.zone.Answer(query, limit, k.lookUp)
	if err != nil {
		return serverFailure(message)
	}
	return answer
}

// lookUp asks the upstream server for the records of a name.
func (k *dnsKnowledge) lookUp(name string, kind dnsmessage.Type) []dnsmessage.Resource {
	asked, err := dnsmessage.NewName(name)
	if err != nil {
		return nil
	}
	query := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: uint16(rand.Uint32()), RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: asked, Type: kind, Class: dnsmessage.ClassINET}},
	}
	packed, err := query.Pack()
	if err != nil {
		return nil
	}
	answer, err := k.ask("tcp", packed)
	if err != nil {
		return nil
	}
	var said dnsmessage.Message
	if said.Unpack(answer) != nil {
		return nil
	}
	return said.Answers
}

// ask hands a message to the upstream server as it is, and returns its answer.
func (k *dnsKnowledge) ask(network string, message []byte) ([]byte, error) {
	if !k.upstream.IsValid() {
		return nil, errors.New("there is no upstream server")
	}
	dialer := net.Dialer{Timeout: upstreamTime}
	if k.upstream.Addr().IsLoopback() {
		dialer.LocalAddr = &net.UDPAddr{IP: net.ParseIP(dnsHost)}
		if network == "tcp" {
			dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(dnsHost)}
		}
	}
	c, err := dialer.Dial(network, k.upstream.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(upstreamTime))
	if network == "tcp" {
		if err := writeMessage(c, message); err != nil {
			return nil, err
		}
		return readMessage(c)
	}
	if _, err := c.Write(message); err != nil {
		return nil, err
	}
	answer := make([]byte, maxDNSMessage)
	n, err := c.Read(answer)
	return answer[:n], err
}

// readMessage reads one message of a stream, with its length before it.
func readMessage(from io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(from, message)
	return message, err
}

func writeMessage(to io.Writer, message []byte) error {
	_, err := to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}

// serverFailure says that a question could not be answered; nil to what is no question.
func serverFailure(message []byte) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || header.Response {
		return nil
	}
	questions, _ := p.AllQuestions()
	failed := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: header.ID, Response: true, OpCode: header.OpCode, RCode: dnsmessage.RCodeServerFailure,
			RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
		},
		Questions: questions,
	}
	answer, err := failed.Pack()
	if err != nil {
		return nil
	}
	return answer
}
