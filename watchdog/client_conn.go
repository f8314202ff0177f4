package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"time"
)

const (
	// lastWrite is how long a client may take to accept the answer to a call that was ended at its deadline.
	lastWrite = time.Second
	// drainBytes, drainTotal and drainStall bound what is read of a request body that nobody wanted: all of it, the time
	// for all of it, and the wait for the next piece.
	drainBytes = 64 << 20
	drainTotal = 5 * time.Second
	drainStall = 500 * time.Millisecond
	// drainEarly is how long a response may wait for such a body, to learn whether the connection can be kept.
	drainEarly = 100 * time.Millisecond
)

// longAgo as a deadline wakes whoever blocks.
var longAgo = time.Unix(1, 0)

// clientConn is one connection of a caller. A single goroutine serves its requests one after the other; a second one
// exists only while a long request body travels.
type clientConn struct {
	server  *server
	nc      *net.TCPConn
	fd      int
	watchID int32
	guard   guard
	src     source
	req     request
	body    body
	reply   reply
	out     []byte
	small   []byte
	start   time.Time // of the call
	// idleFrom is when the last call ended, or the connection came.
	idleFrom time.Time
	forward  forward
	// readLimited tells that a read deadline was set for the body and must be lifted.
	readLimited bool
	authSeconds string
}

func newClientConn(s *server, nc *net.TCPConn) *clientConn {
	c := &clientConn{server: s, nc: nc, fd: -1, src: newSource(nc), out: make([]byte, 0, smallOut), idleFrom: time.Now()}
	c.guard.ended = c.phaseEnded
	c.body.beforeWait = c.limitBodyRead
	if raw, err := nc.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { c.fd = int(fd) })
	}
	return c
}

// phaseEnded wakes this connection's goroutines. It runs under the guard's lock.
func (c *clientConn) phaseEnded(p phase, why cause) {
	switch {
	case p == phaseCall && why == clientGone:
		_ = c.nc.SetDeadline(longAgo)
	case p == phaseCall:
		_ = c.nc.SetReadDeadline(longAgo)
		_ = c.nc.SetWriteDeadline(time.Now().Add(lastWrite))
	case p == phaseTunnel:
		_ = c.nc.SetDeadline(longAgo)
	default:
		_ = c.nc.SetReadDeadline(longAgo)
	}
}

func (c *clientConn) serve() {
	defer c.shut()
	for c.next() {
	}
}

// next serves one request and tells whether another may follow.
func (c *clientConn) next() bool {
	c.src.unpin()
	cfg := c.server.cfg
	if len(c.src.buffered()) == 0 {
		c.guard.enter(phaseIdle, c.idleFrom.Add(cfg.idleTimeout))
		if c.server.closed.Load() {
			return false
		}
		if c.src.fill() != nil {
			return false
		}
	}
	c.start = time.Now()
	c.idleFrom = c.start
	head, err := c.readHead()
	if err == nil {
		c.resetCall()
		err = c.req.parse(head)
		if err == nil {
			return c.call()
		}
	}
	c.refuse(err)
	return false
}

// readHead arms the header limit only when the head has not come with the first read.
func (c *clientConn) readHead() ([]byte, error) {
	for {
		b := c.src.buffered()
		if len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
			c.src.r += 2
			continue
		}
		if n := len(b); n < 4 || string(b[n-4:]) != "\r\n\r\n" {
			c.guard.enter(phaseHead, c.start.Add(c.server.cfg.headTimeout))
		}
		head, err := c.src.head(maxHeadBytes)
		c.src.pinHead()
		return head, err
	}
}

func (c *clientConn) resetCall() {
	c.reply = reply{}
	c.out = c.out[:0]
	c.authSeconds = ""
	c.forward.upload.err = nil
}

// refuse answers a request that could not be read.
func (c *clientConn) refuse(err error) {
	c.resetCall()
	c.req.method, c.req.callID, c.req.http11 = nil, nil, true
	c.body.start(&c.src, noBody, 0)
	c.reply.close = true
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		_ = c.nc.SetDeadline(time.Time{})
		c.answer(408, plainText, "The request header took too long.\n")
	case errors.Is(err, errHeadTooLarge), errors.Is(err, errTooManyFields):
		c.answer(431, plainText, "The request header is too large.\n")
	case errors.Is(err, errBadVersion):
		c.answer(505, plainText, "Only HTTP/1.0 and HTTP/1.1 are spoken here.\n")
	case errors.Is(err, errBadExpectation):
		c.answer(417, plainText, "Only Expect: 100-continue is supported.\n")
	case errors.Is(err, errBadRequest), errors.Is(err, errBadField), errors.Is(err, errFraming),
		errors.Is(err, errBareLF):
		c.answer(400, plainText, "Bad request: "+err.Error()+".\n")
	default:
		return // the client is gone
	}
	c.linger()
}

// call runs one request and cleans up behind it.
func (c *clientConn) call() (again bool) {
	kind := noBody
	if c.req.framing.chunked {
		kind = chunkedBody
	} else if c.req.framing.length > 0 {
		kind = sizedBody
	}
	c.body.limit = c.server.cfg.maxRequestBody
	c.body.start(&c.src, kind, c.req.framing.length)

	c.dispatch()

	c.dropBulk()
	if cap(c.out) > largestKeptBuffer {
		c.out = make([]byte, 0, smallOut)
	}
	if c.reply.aborted || c.reply.close {
		c.linger()
		return false
	}
	if !c.body.done && !c.drain() {
		return false
	}
	if c.guard.why() != notEnded || c.readLimited {
		c.readLimited = false
		_ = c.nc.SetDeadline(time.Time{})
	}
	return true
}

// dispatch routes the request; a panic in it costs the call, never the process.
func (c *clientConn) dispatch() {
	defer func() {
		if trouble := recover(); trouble != nil {
			c.server.log.print(fmt.Sprintf("panic while serving %s %s: %v\n%s",
				c.req.method, c.req.target, trouble, debug.Stack()))
			c.reply.close = true
			c.fault(500, "The watchdog failed.")
		}
	}()
	c.server.route(c)
}

func (c *clientConn) shut() {
	c.guard.close()
	c.server.forget(c)
	_ = c.nc.Close()
}

// isTimeout tells a deadline from a broken connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// isReset tells that the other side closed while we were writing.
func isReset(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
