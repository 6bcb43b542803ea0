package network

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/hashicorp/yamux"

	"github.com/podsim/podsim/network/splice"
)

const (
	// sessionStart is how long the engine gets to start the exec of a session.
	sessionStart = 30 * time.Second
	// sessionIdle is the idle time of a Tunnel: longer than most probes pause.
	sessionIdle = time.Minute
)

// sessions are the execs of the agent's verb tunnel in one sandbox, one after another. Each carries many connections, because an
// engine starts the execs of a container one by one, and each takes its time.
type sessions struct {
	engine    ExecEngine
	sandboxID string
	idle      time.Duration // how long a session outlives its last connection

	mu       sync.Mutex
	current  *session // nil before the first one; it may have ended
	starting *start   // nil while none is being started
}

// session is one exec. Its fields belong to the mutex of its sessions.
type session struct {
	*yamux.Session
	streams int         // in use
	idle    *time.Timer // ends the session; nil before it was idle for the first time
}

// start is a session that is being started. done is closed when it is there, or err says why not.
type start struct {
	done chan struct{}
	err  error
}

// stream is one of a session's.
type stream struct {
	*yamux.Stream
	session *session
	release func()
}

// Close ends both directions, unlike that of yamux, after which reading goes on.
func (s *stream) Close() error {
	s.SetReadDeadline(time.Unix(1, 0))
	err := s.Stream.Close()
	s.release()
	return err
}

// open returns a new stream, of a new session if there is none. The caller closes it.
func (s *sessions) open(ctx context.Context) (*stream, error) {
	for {
		used, starting := s.use()
		if used == nil {
			select {
			case <-starting.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if starting.err != nil {
				return nil, starting.err
			}
			continue
		}
		opened, err := used.OpenStream()
		if err == nil {
			return &stream{opened, used, sync.OnceFunc(func() { s.release(used) })}, nil
		}
		s.release(used)
		if !used.IsClosed() {
			return nil, fmt.Errorf("opening a stream of the tunnel: %w", err)
		}
	}
}

// use returns the session, in which one stream more is in use now, or the start that is to be waited for.
func (s *sessions) use() (*session, *start) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && !s.current.IsClosed() {
		s.current.streams++
		if s.current.idle != nil {
			s.current.idle.Stop()
		}
		return s.current, nil
	}
	if s.starting == nil {
		s.starting = &start{done: make(chan struct{})}
		go s.start(s.starting) // not in the time of one caller: others wait, too
	}
	return nil, s.starting
}

// release takes back a stream. A session without any ends after a while.
func (s *sessions) release(used *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if used.streams--; used.streams > 0 {
		return
	}
	used.idle = time.AfterFunc(s.idle, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if used.streams == 0 {
			used.Close()
		}
	})
}

// start starts a session and tells those who wait for it.
func (s *sessions) start(starting *start) {
	ctx, cancel := context.WithTimeout(context.Background(), sessionStart)
	defer cancel()
	started, err := startSession(ctx, s.engine, s.sandboxID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.current = &session{Session: started}
	}
	starting.err = err
	s.starting = nil
	close(starting.done)
}

func startSession(ctx context.Context, engine ExecEngine, sandboxID string) (*yamux.Session, error) {
	carrier, err := startCarrier(ctx, engine, sandboxID, "tunnel", (*execStream).greet)
	if err != nil {
		return nil, err
	}
	return newSession(carrier)
}

// newSession is podsim's end of a session with the agent.
func newSession(carrier *execStream) (*yamux.Session, error) {
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard // what it has to say shows in the connections
	return yamux.Client(carrier, config)
}

// startCarrier starts a verb of the agent, with which podsim speaks as long as it runs, and begins with it. ctx holds until then.
func startCarrier(ctx context.Context, engine ExecEngine, sandboxID, verb string, begin func(*execStream) error) (*execStream, error) {
	_, hijacked, err := startAgent(ctx, engine, sandboxID, true, verb)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, hijacked.Close)
	carrier := &execStream{hijacked: hijacked, out: &demux{from: hijacked.Reader}}
	err = begin(carrier)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		hijacked.Close()
		return nil, err
	}
	return carrier, nil
}

// execStream is the standard input and output of an exec.
type execStream struct {
	hijacked types.HijackedResponse
	out      *demux
}

func (e *execStream) Read(p []byte) (int, error)  { return e.out.Read(p) }
func (e *execStream) Write(p []byte) (int, error) { return e.hijacked.Conn.Write(p) }
func (e *execStream) Close() error                { return e.hijacked.Conn.Close() }

// greet reads the agent's greeting, byte by byte, as what follows is for somebody else. Anything in its place is the engine's own words
// about a command that it could not run, or the agent's about how it was called.
func (e *execStream) greet() error {
	said := make([]byte, len(splice.Greeting))
	n, err := io.ReadFull(e.out, said)
	if string(said[:n]) == splice.Greeting {
		return nil
	}
	if err == nil {
		rest, _ := bufio.NewReader(e.out).ReadString('\n')
		said = append(said, rest...)
	} else {
		said = said[:n]
	}
	if words := bytes.TrimSpace(append(said, e.out.words.Bytes()...)); len(words) > 0 {
		return errors.New(string(words))
	}
	if err == nil || err == io.EOF {
		err = splice.ErrNoReport
	}
	return err
}
