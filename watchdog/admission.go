package main

import (
	"fmt"
	"net"
	"syscall"
	"time"
)

const (
	// reservedDescriptors are kept free for listeners, the function's pipes, logs, the lock file and the
	// spool.
	reservedDescriptors = 64
	// descriptorsPerFork is the most that a call with a forked process holds at once, including its
	// connection.
	descriptorsPerFork = 5
	// crowdPatience is how long a new connection waits for another one to end.
	crowdPatience = 100 * time.Millisecond
)

// fitConnections lowers max_connections to what the descriptors of this process allow.
func fitConnections(c *config) (warning string) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return ""
	}
	each := uint64(descriptorsPerFork)
	if c.mode == httpMode || c.mode == staticMode {
		each = 2
	}
	reserve := uint64(reservedDescriptors + spareConnections)
	most := uint64(1)
	if limit.Cur > reserve+each {
		most = (limit.Cur - reserve) / each
	}
	if uint64(c.maxConnections) <= most {
		return ""
	}
	warning = fmt.Sprintf("max_connections=%d is lowered to %d: the limit of open files is %d", c.maxConnections, most, limit.Cur)
	c.maxConnections = int(most)
	return warning
}

// admit accepts a new connection. When all places are taken, the connection that has waited longest for its
// client is closed. When all are busy with calls, the new one is spare: it can ask for health, and its calls
// are refused with the reason.
func (s *server) admit(nc *net.TCPConn) {
	count := s.connections()
	spare := count >= s.cfg.maxConnections && !s.crowdOut()
	if count >= s.cfg.maxConnections+spareConnections && !s.awaitRoom() {
		_ = nc.SetLinger(0)
		_ = nc.Close()
		return
	}
	c := newClientConn(s, nc)
	c.spare = spare
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.watch.add(c)
	go c.serve()
}

func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// awaitRoom waits a moment for connections that are about to end.
func (s *server) awaitRoom() bool {
	for end := time.Now().Add(crowdPatience); time.Now().Before(end); {
		if s.connections() < s.cfg.maxConnections+spareConnections {
			return true
		}
		s.crowdOut()
		time.Sleep(time.Millisecond)
	}
	return false
}

// crowdOut ends the least valuable connection: one that only reads its last answer, else the one idle
// longest, else the one with the oldest unfinished head. Calls are never ended. False when there is none.
func (s *server) crowdOut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var worst *clientConn
	var phaseOf phase
	var since time.Time
	for c := range s.conns {
		p, until, ok := c.guard.crowdRank()
		if !ok {
			continue
		}
		if worst == nil || crowdValue(p) < crowdValue(phaseOf) || (p == phaseOf && until.Before(since)) {
			worst, phaseOf, since = c, p, until
		}
	}
	return worst != nil && worst.guard.crowdOut(phaseOf)
}

func crowdValue(p phase) int {
	switch p {
	case phaseLinger:
		return 0
	case phaseIdle:
		return 1
	}
	return 2
}

// refuseSpare answers a call on a connection beyond max_connections.
func (s *server) refuseSpare(c *clientConn) {
	c.reply.note = "connections"
	c.reply.close = true
	c.answer(503, faultLines+"Retry-After: 1\r\n", fmt.Sprintf(
		"watchdog: all max_connections=%d connections are busy with calls.\n", s.cfg.maxConnections))
}
