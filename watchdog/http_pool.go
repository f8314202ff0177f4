package main

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"sampan/watchdog/internal/wire"
)

const (
	// upstreamIdle is how long a connection to the function may be idle. It is below the keep-alive time of
	// any known server (gunicorn 2 s, Node 5 s), so that we close first. The gateway has the same limit for
	// calls that must not be repeated.
	upstreamIdle = time.Second
	// keepAliveMargin is subtracted from the keep-alive time that a function announces, because it may have
	// started counting earlier.
	keepAliveMargin = time.Second
)

// upstreamConn is a connection to the function's server, used by one call at a time.
type upstreamConn struct {
	nc         net.Conn
	fd         int
	src        wire.Source
	body       wire.Body
	resp       wire.Response
	reused     bool
	idledAt    time.Time
	until      time.Time // it may be used again before then
	generation int
}

// interrupt implements interruptible: it wakes whoever reads or writes.
func (u *upstreamConn) interrupt(cause) { _ = u.nc.SetDeadline(longAgo) }

func (u *upstreamConn) close() { _ = u.nc.Close() }

// silent tells whether an idle connection is still open and has no unexpected bytes, which would be taken for
// the answer to the next request.
func (u *upstreamConn) silent() bool {
	if u.fd < 0 {
		return true
	}
	var one [1]byte
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(u.fd), uintptr(unsafe.Pointer(&one[0])), 1,
		syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
	return int(n) < 0 || errno == syscall.EAGAIN || errno == syscall.EINTR
}

// upstream is the function's server: its address, and the connections that wait for work.
type upstream struct {
	network, address string
	prefix           []byte // path put before every target, without a slash at its end
	host             []byte // for requests without Host

	mu         sync.Mutex
	idle       []*upstreamConn // the last one used most recently
	pruning    bool
	generation int // of the process that listens; older connections lead to one that is to end
}

// take returns the connection used last, or nil when none is usable.
func (p *upstream) take(now time.Time) *upstreamConn {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return nil
		}
		u := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if now.Before(u.until) && u.silent() {
			u.reused = true
			return u
		}
		u.close()
	}
}

// give puts a connection back that has answered completely.
func (p *upstream) give(u *upstreamConn, now time.Time) {
	rest := min(upstreamIdle, u.resp.Kept-keepAliveMargin)
	if rest <= 0 {
		u.close()
		return
	}
	u.src.Unpin()
	u.resp.Fields = wire.TrimFields(u.resp.Fields)
	u.idledAt, u.until = now, now.Add(rest)
	p.mu.Lock()
	if u.generation != p.generation {
		p.mu.Unlock()
		u.close()
		return
	}
	p.idle = append(p.idle, u)
	if !p.pruning {
		p.pruning = true
		time.AfterFunc(upstreamIdle, p.prune)
	}
	p.mu.Unlock()
}

// prune closes what has been idle too long; it runs only while there is anything idle.
func (p *upstream) prune() {
	old := time.Now().Add(-upstreamIdle)
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && !p.idle[n].idledAt.After(old) {
		n++
	}
	gone := append([]*upstreamConn(nil), p.idle[:n]...)
	rest := copy(p.idle, p.idle[n:])
	clear(p.idle[rest:])
	p.idle = p.idle[:rest]
	p.pruning = rest > 0
	if p.pruning {
		time.AfterFunc(upstreamIdle/2, p.prune)
	}
	p.mu.Unlock()
	for _, u := range gone {
		u.close()
	}
}

// forget closes the idle connections, and has those in use closed when they are given back: who listens now, or will, is
// another process, and a server that ends gracefully waits for its connections.
func (p *upstream) forget() {
	p.mu.Lock()
	old := p.idle
	p.idle = nil
	p.generation++
	p.mu.Unlock()
	for _, u := range old {
		u.close()
	}
}

// dial opens a new connection; timeout 0 is none.
func (p *upstream) dial(timeout time.Duration) (*upstreamConn, error) {
	dialer := net.Dialer{Timeout: timeout, KeepAlive: -1}
	nc, err := dialer.Dial(p.network, p.address)
	if err != nil {
		return nil, fmt.Errorf("connect to the function: %w", err)
	}
	p.mu.Lock()
	u := &upstreamConn{nc: nc, fd: -1, src: wire.NewSource(nc), generation: p.generation}
	p.mu.Unlock()
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { u.fd = int(fd) })
		}
	}
	return u, nil
}

// accepts tells whether the function's server takes connections.
func (p *upstream) accepts(timeout time.Duration) bool {
	nc, err := net.DialTimeout(p.network, p.address, timeout)
	if err != nil {
		return false
	}
	_ = nc.Close()
	return true
}
