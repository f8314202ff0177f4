package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	// upstreamIdle is how long a connection to the function may lie idle: below the keep-alive time of any known server
	// (gunicorn 2 s, Node 5 s), so that we close first. The gateway has the same limit before calls that must not be repeated.
	upstreamIdle = time.Second
	// keepAliveMargin is taken off what a function says that it keeps a connection: its clock may have begun earlier.
	keepAliveMargin = time.Second
)

var errBadResponse = errors.New("malformed response")

// upstreamConn is a connection to the function's server, used by one call at a time.
type upstreamConn struct {
	nc      net.Conn
	fd      int
	src     source
	body    body
	resp    response
	reused  bool
	idledAt time.Time
	until   time.Time // it may be used again before then
}

// interrupt implements interruptible: it wakes whoever reads or writes.
func (u *upstreamConn) interrupt(cause) { _ = u.nc.SetDeadline(longAgo) }

func (u *upstreamConn) close() { _ = u.nc.Close() }

// silent tells that an idle connection is still open and that the function sent nothing unasked: such bytes would be
// taken for the answer to the next caller's request.
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

	mu      sync.Mutex
	idle    []*upstreamConn // the last one used most recently
	pruning bool
}

// take returns the connection used last, or nil when none is fit for use.
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
	rest := min(upstreamIdle, u.resp.kept-keepAliveMargin)
	if rest <= 0 {
		u.close()
		return
	}
	u.src.unpin()
	u.resp.fields = trimFields(u.resp.fields)
	u.idledAt, u.until = now, now.Add(rest)
	p.mu.Lock()
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

// dial opens a new connection; timeout 0 is none.
func (p *upstream) dial(timeout time.Duration) (*upstreamConn, error) {
	dialer := net.Dialer{Timeout: timeout, KeepAlive: -1}
	nc, err := dialer.Dial(p.network, p.address)
	if err != nil {
		return nil, fmt.Errorf("connect to the function: %w", err)
	}
	u := &upstreamConn{nc: nc, fd: -1, src: newSource(nc)}
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

// response is a parsed response head. Its slices live until the connection is given back.
type response struct {
	status      int
	reason      []byte
	http11      bool
	fields      []field
	framing     framing
	contentType []byte
	hasDate     bool
	kept        time.Duration // how long the function keeps an idle connection; very long when it does not say
}

// parse reads a response head from a server that is not trusted.
func (r *response) parse(head []byte) error {
	line, rest, ok := cutLine(head, looseLines)
	if !ok {
		return errBadResponse
	}
	fields, named := r.fields[:0], r.framing.named
	*r = response{framing: framing{named: named}, kept: math.MaxInt64}
	r.framing.reset()
	if len(line) < 12 || (len(line) > 12 && line[12] != ' ') || line[8] != ' ' {
		return errBadResponse
	}
	switch string(line[:8]) {
	case "HTTP/1.1":
		r.http11 = true
	case "HTTP/1.0":
	default:
		return errBadResponse
	}
	status := parseLength(line[9:12])
	if status < 100 {
		return errBadResponse
	}
	r.status = int(status)
	if len(line) > 13 {
		r.reason = line[13:]
		for _, c := range r.reason {
			if c < 0x20 && c != '\t' || c == 0x7f {
				return errBadResponse
			}
		}
	}
	var err error
	r.fields, err = parseFields(fields, rest, looseLines)
	if err != nil {
		return err
	}
	return r.walk()
}

func (r *response) walk() error {
	for i := range r.fields {
		f := &r.fields[i]
		switch f.kind {
		case ordinary:
			continue
		case contentType:
			r.contentType = f.value
		case dateField:
			r.hasDate = true
		case keepAliveField:
			r.kept = keepAliveTime(f.value)
		}
		if err := r.framing.see(f); err != nil {
			return err
		}
	}
	if r.framing.chunked && (r.framing.length >= 0 || !r.http11) {
		return errFraming
	}
	if len(r.framing.named) > 0 {
		r.framing.dropNamed(r.fields)
	}
	return nil
}

// keepAliveTime reads the timeout of a Keep-Alive header, in seconds: "timeout=5, max=100".
func keepAliveTime(value []byte) time.Duration {
	kept := time.Duration(math.MaxInt64)
	eachToken(value, func(token []byte) {
		name, number, ok := bytes.Cut(token, []byte("="))
		if !ok || !foldEqual(trimBlanks(name), "timeout") {
			return
		}
		if n := parseLength(trimBlanks(number)); n >= 0 && n < 1e9 {
			kept = time.Duration(n) * time.Second
		}
	})
	return kept
}

// bodyKind tells how the body of a response to method ends, and its length when it is sized.
func (r *response) bodyKind(method []byte) (bodyKind, int64) {
	switch {
	case string(method) == "HEAD", r.status < 200, r.status == 204, r.status == 304:
		return noBody, 0
	case r.framing.chunked:
		return chunkedBody, 0
	case r.framing.length >= 0:
		return sizedBody, r.framing.length
	}
	return untilClose, 0
}

// reusable tells whether the server keeps the connection open after this response.
func (r *response) reusable() bool {
	return (r.http11 || r.framing.keepAlive) && !r.framing.close
}
