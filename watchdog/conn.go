package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"sampan/watchdog/internal/wire"
)

const (
	// lastWrite is how long a client may take to accept the answer to a call that was ended at its deadline.
	lastWrite = time.Second
	// drainBytes, drainTotal and drainStall bound the reading of an unwanted request body: its size, the
	// whole time, and the wait for the next piece.
	drainBytes = 64 << 20
	drainTotal = 5 * time.Second
	drainStall = 500 * time.Millisecond
	// drainEarly is how long a response may wait for the end of such a body, to find out whether the
	// connection can be kept.
	drainEarly = 100 * time.Millisecond
)

// longAgo as a deadline wakes a blocked reader or writer.
var longAgo = time.Unix(1, 0)

// clientConn is one connection of a caller. A single goroutine serves its requests one after the other; a
// second one exists only while a long request body travels.
type clientConn struct {
	server  *server
	nc      *net.TCPConn
	fd      int
	watchID int32
	guard   guard
	src     wire.Source
	req     wire.Request
	body    wire.Body
	reply   reply
	out     []byte
	small   []byte
	start   time.Time // of the call
	// idleFrom is when the last call ended, or the connection came.
	idleFrom time.Time
	forward  forward
	// writing is held while a part of an answer is written. It guards what a probe must know about the
	// answer.
	writing     sync.Mutex
	inChunks    bool
	chunkProbes int
	// spare tells that it came beyond max_connections.
	spare bool
	// limit is the one that ends the call.
	limit limit
	// readLimited tells that a read deadline was set for the body and must be lifted.
	readLimited bool
	authSeconds string
}

func newClientConn(s *server, nc *net.TCPConn) *clientConn {
	c := &clientConn{server: s, nc: nc, fd: -1, src: wire.NewSource(nc), idleFrom: time.Now()}
	c.src.Budget = &s.heads
	c.guard.ended = c.phaseEnded
	c.body.BeforeWait = c.limitBodyRead
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
	case p == phaseTunnel, p == phaseLinger:
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
	c.src.Unpin()
	cfg := c.server.cfg
	if len(c.src.Buffered()) == 0 {
		c.guard.enter(phaseIdle, c.idleFrom.Add(cfg.idleTimeout))
		if c.server.closed.Load() {
			return false
		}
		if c.src.Fill() != nil {
			return false
		}
	}
	c.start = time.Now()
	c.idleFrom = c.start
	head, err := c.readHead()
	if err == nil {
		c.resetCall()
		err = c.req.Parse(head)
		if err == nil {
			return c.call()
		}
	}
	c.refuse(err)
	return false
}

// readHead arms the header limit only when the head has not come with the first read.
func (c *clientConn) readHead() ([]byte, error) {
	b := c.src.Buffered()
	if n := len(b); n < 4 || string(b[n-4:]) != "\r\n\r\n" || b[0] == '\r' {
		c.guard.enter(phaseHead, c.start.Add(c.server.cfg.headTimeout))
		if err := c.readLine(); err != nil {
			return nil, err
		}
	}
	if b := c.src.Buffered(); b[0] == '\r' {
		c.src.Skip(len("\r\n")) // one empty line before a request is forgiven (RFC 9112, 2.2)
	}
	head, err := c.src.Head(c.server.cfg.maxHeaderBytes)
	c.src.PinHead()
	return head, err
}

// readLine reads until the request line is complete, so that a client that does not speak HTTP is answered
// without delay.
func (c *clientConn) readLine() error {
	for {
		b := c.src.Buffered()
		blank := 0
		if len(b) > 0 && b[0] == '\r' {
			blank = len("\r\n")
			if len(b) >= blank && b[1] != '\n' {
				return wire.ErrBadRequest
			}
		}
		if len(b) > blank {
			if i := bytes.IndexByte(b[blank:], '\n'); i >= 0 {
				return c.req.CheckLine(b[blank : blank+i+1])
			}
		}
		if len(b) > c.server.cfg.maxHeaderBytes {
			return wire.ErrHeadTooLarge
		}
		if err := c.src.FillHead(c.server.cfg.maxHeaderBytes); err != nil {
			return err
		}
	}
}

func (c *clientConn) resetCall() {
	if c.out == nil {
		c.out = make([]byte, 0, smallOut)
	}
	c.reply = reply{close: c.spare}
	c.out = c.out[:0]
	c.authSeconds = ""
	c.forward.upload.err = nil
}

// call runs one request and cleans up behind it.
func (c *clientConn) call() (again bool) {
	kind := wire.NoBody
	if c.req.Framing.Chunked {
		kind = wire.ChunkedBody
	} else if c.req.Framing.Length > 0 {
		kind = wire.SizedBody
	}
	c.body.Limit = c.server.cfg.maxRequestBody
	c.body.Start(&c.src, kind, c.req.Framing.Length)

	c.dispatch()

	c.dropBulk()
	if cap(c.out) > largestKeptBuffer {
		c.out = nil
	}
	c.req.Fields = wire.TrimFields(c.req.Fields)
	if c.reply.aborted || c.reply.close {
		c.linger()
		return false
	}
	if !c.body.Done && !c.drain() {
		return false
	}
	if c.guard.why() != notEnded || c.readLimited {
		c.readLimited = false
		_ = c.nc.SetDeadline(time.Time{})
	}
	return true
}

// dispatch routes the request. A panic in it ends the call, never the process.
func (c *clientConn) dispatch() {
	defer func() {
		if trouble := recover(); trouble != nil {
			c.server.log.print(fmt.Sprintf("panic while serving %s %s: %v\n%s",
				c.req.Method, c.req.Target, trouble, debug.Stack()))
			c.reply.close = true
			c.fault(500, "watchdog: it failed, its log says why.")
		}
	}()
	c.server.route(c)
}

func (c *clientConn) shut() {
	c.guard.close()
	c.src.Close()
	if c.server.closed.Load() && !c.reply.aborted {
		c.awaitArrival(drainDefault)
	}
	c.server.forget(c)
	_ = c.nc.Close()
}

// isTimeout tells a deadline from a broken connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// isReset tells that the other side closed while we were writing.
func isReset(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
