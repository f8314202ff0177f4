package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"time"
)

const (
	// lastWrite is how long a client may take to accept the answer to a call that was ended at its deadline.
	lastWrite = time.Second
	// drainBytes and drainTime bound what is read of a request body that nobody wanted, to keep the connection.
	drainBytes = 256 << 10
	drainTime  = 500 * time.Millisecond
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

// limitBodyRead gives each blocking read of the body its own time, unless the call has been ended.
func (c *clientConn) limitBodyRead() {
	limit := c.server.cfg.readTimeout
	if limit <= 0 {
		return
	}
	c.guard.mu.Lock()
	if c.guard.cause == notEnded && !c.guard.halted {
		_ = c.nc.SetReadDeadline(time.Now().Add(limit))
		c.readLimited = true
	}
	c.guard.mu.Unlock()
}

// haltBody wakes whoever reads the request body, and lets nobody wait for it again in this call.
func (c *clientConn) haltBody() {
	c.guard.mu.Lock()
	c.guard.halted = true
	_ = c.nc.SetReadDeadline(longAgo)
	c.readLimited = true
	c.guard.mu.Unlock()
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
	if c.guard.why() != notEnded || c.readLimited {
		c.readLimited = false
		_ = c.nc.SetDeadline(time.Time{})
	}
	return c.body.done || c.drain()
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

// bodyIsHere tells whether the unread rest of the body is known to be in the buffer already.
func (c *clientConn) bodyIsHere() bool {
	return c.body.kind == sizedBody && c.body.left <= int64(len(c.src.buffered()))
}

// drain reads what is left of the request body; false when that is too much or too slow.
func (c *clientConn) drain() bool {
	if c.req.expects || (c.body.kind == sizedBody && c.body.left > drainBytes) {
		c.linger()
		return false
	}
	c.body.beforeWait = nil
	defer func() { c.body.beforeWait = c.limitBodyRead }()
	_ = c.nc.SetReadDeadline(time.Now().Add(drainTime))
	scrap := make([]byte, initialBuffer)
	for read := 0; read < drainBytes; {
		n, err := c.body.Read(scrap)
		read += n
		if err == io.EOF {
			_ = c.nc.SetReadDeadline(time.Time{})
			return true
		}
		if err != nil {
			return false
		}
	}
	c.linger()
	return false
}

// linger closes the sending side and reads on for a moment: closing with unread data would reset the connection, and
// the reset could overtake the answer.
func (c *clientConn) linger() {
	if c.reply.aborted && !c.reply.chunked && c.reply.length < 0 {
		// Nothing but a reset tells this client that the body is incomplete.
		_ = c.nc.SetLinger(0)
		return
	}
	if c.body.done && len(c.src.buffered()) == 0 {
		return
	}
	if c.nc.CloseWrite() != nil {
		return
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(drainTime))
	scrap := make([]byte, initialBuffer)
	for read := 0; read < drainBytes; {
		n, err := c.nc.Read(scrap)
		if err != nil {
			return
		}
		read += n
	}
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
