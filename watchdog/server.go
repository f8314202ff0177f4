package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sampan/watchdog/internal/metrics"
)

// server accepts connections and owns what their calls share.
type server struct {
	cfg      *config
	log      *logger
	runner   runner
	limiter  *limiter
	metrics  *metrics.Metrics
	lock     *lockFile
	auth     *authenticator
	listener *net.TCPListener
	watch    *clientWatch
	memory   memoryReturn
	// heads limits request heads that are larger than an initial buffer, spooled the output that waits for
	// its clients, and spoolMemory the part of that which is not in files.
	heads, spooled, spoolMemory byteBudget

	accepting atomic.Bool // ready and not shutting down
	closing   atomic.Bool // responses say Connection: close
	closed    atomic.Bool // the listener is gone, idle connections end
	dateLine  atomic.Pointer[dateLine]

	mu    sync.Mutex // of what follows; taken before a guard's
	conns map[*clientConn]struct{}
	idle  chan struct{} // closed when the last connection ends after closed
}

// listen binds the function port on all addresses.
func (s *server) listen() error {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(s.cfg.port))
	if err != nil {
		return fmt.Errorf("listen on port %d: %w", s.cfg.port, err)
	}
	s.listener = l.(*net.TCPListener)
	s.watch, err = newClientWatch()
	if err != nil {
		return err
	}
	go s.watch.run()
	return nil
}

// accept serves connections until the listener is closed.
func (s *server) accept() {
	for {
		nc, err := s.listener.AcceptTCP()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Mostly there are no free descriptors: some must be closed first.
			s.crowdOut()
			time.Sleep(10 * time.Millisecond)
			continue
		}
		s.admit(nc)
	}
}

func (s *server) forget(c *clientConn) {
	s.watch.remove(c)
	s.mu.Lock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
	s.mu.Unlock()
}

// closeListener refuses new connections and ends idle ones. The channel is closed when the last one has
// ended.
func (s *server) closeListener() <-chan struct{} {
	s.closed.Store(true)
	_ = s.listener.Close()
	done := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		close(done)
		return done
	}
	s.idle = done
	for c := range s.conns {
		c.guard.stopIdle()
	}
	return done
}

// dateLine is the Date header of one second.
type dateLine struct {
	second int64
	line   []byte
}

// date returns the current Date header line.
func (s *server) date() []byte {
	now := time.Now()
	if d := s.dateLine.Load(); d != nil && d.second == now.Unix() {
		return d.line
	}
	line := now.UTC().AppendFormat([]byte("Date: "), "Mon, 02 Jan 2006 15:04:05 GMT")
	d := &dateLine{now.Unix(), append(line, "\r\n"...)}
	s.dateLine.Store(d)
	return d.line
}
