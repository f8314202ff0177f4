package main

import (
	"errors"
	"io"
	"math"
	"time"

	"sampan/watchdog/internal/wire"
)

// limitBodyRead gives each blocking read of the body its own time, unless the call has been ended.
func (c *clientConn) limitBodyRead() {
	limit := c.server.cfg.readTimeout
	if limit <= 0 {
		return
	}
	c.guard.mu.Lock()
	if c.guard.cause == notEnded && !c.guard.bodyAbandoned {
		_ = c.nc.SetReadDeadline(time.Now().Add(limit))
		c.readLimited = true
	}
	c.guard.mu.Unlock()
}

// haltBody wakes the reader of the request body. Nobody waits for the body again in this call.
func (c *clientConn) haltBody() {
	c.guard.mu.Lock()
	c.guard.bodyAbandoned = true
	_ = c.nc.SetReadDeadline(longAgo)
	c.readLimited = true
	c.guard.mu.Unlock()
}

// bodyIsHere tells whether the unread rest of the body is known to be in the buffer already.
func (c *clientConn) bodyIsHere() bool {
	return c.body.Kind == wire.SizedBody && c.body.Left <= int64(len(c.src.Buffered()))
}

// drain reads what is left of the request body; false when that is too much or too slow.
func (c *clientConn) drain() bool {
	tooMuch := c.body.Kind == wire.SizedBody && c.body.Left > drainBytes
	if !c.req.Expects && !tooMuch && c.discardBody(drainTotal, drainStall) {
		return true
	}
	c.linger()
	return false
}

// discardBody reads the request body to its end, for at most total, and stall for each read.
func (c *clientConn) discardBody(total, stall time.Duration) bool {
	c.body.BeforeWait = nil
	defer func() { c.body.BeforeWait = c.limitBodyRead }()
	c.readLimited = true
	end := time.Now().Add(total)
	scrap, give := lendBlock()
	defer give()
	for read := 0; read < drainBytes; {
		next := time.Now().Add(stall)
		if next.After(end) {
			next = end
		}
		_ = c.nc.SetReadDeadline(next)
		n, err := c.body.Read(scrap)
		read += n
		if err != nil {
			_ = c.nc.SetReadDeadline(time.Time{})
			return err == io.EOF
		}
	}
	return false
}

// resolveUnreadBody finds out, before a response begins, whether an unwanted request body ends soon. If it
// does not, the response announces that the connection closes.
func (c *clientConn) resolveUnreadBody() {
	if c.body.Done {
		return
	}
	tooMuch := c.body.Kind == wire.SizedBody && c.body.Left > drainBytes
	if c.req.Expects || tooMuch || !c.discardBody(drainEarly, drainEarly) {
		c.reply.close = true
	}
}

// linger closes the sending side and reads on for a moment: closing with unread data would reset the
// connection, and the reset could overtake the answer.
func (c *clientConn) linger() {
	if c.reply.aborted && !c.reply.chunked && c.reply.length < 0 {
		// Only a reset shows this client that the body is incomplete.
		_ = c.nc.SetLinger(0)
		return
	}
	if c.body.Done && len(c.src.Buffered()) == 0 {
		return
	}
	if c.nc.CloseWrite() != nil {
		return
	}
	end := time.Now().Add(drainTotal)
	c.guard.enter(phaseLinger, end)
	scrap := make([]byte, smallOut)
	for time.Now().Before(end) && c.guard.why() == notEnded {
		_ = c.nc.SetReadDeadline(time.Now().Add(drainStall))
		if _, err := c.nc.Read(scrap); err != nil {
			return
		}
	}
}

func readFailure(err error) cause {
	if isTimeout(err) || err == wire.ErrBodyTooLong || err == wire.ErrBadChunk || err == wire.ErrHeadMemory {
		return bodyStalled
	}
	return clientGone
}

// readWhole reads the request body into memory, as much as max_buffered_body lets it.
func (c *clientConn) readWhole() ([]byte, error) {
	most := c.server.cfg.maxBufferedBody
	if most <= 0 {
		most = math.MaxInt64 - 1
	}
	whole, err := io.ReadAll(io.LimitReader(&c.body, most+1))
	c.server.memory.after(c.body.Total)
	if err == nil && int64(len(whole)) > most {
		return nil, errBufferTooSmall
	}
	return whole, err
}

// errBufferTooSmall says that a body is longer than max_buffered_body.
var errBufferTooSmall = errors.New("body over the limit of buffered ones")
