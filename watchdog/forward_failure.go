package main

import (
	"errors"
	"io"
	"time"
)

// failed answers a call that got no response from the function.
func (h *httpRunner) failed(c *clientConn, err error) {
	c.forward.upload.stop(c)
	switch why := c.guard.why(); {
	case why == clientGone || err == errClientGone:
		c.clientVanished()
	case why == timedOut:
		h.server.metrics.timeouts.Add(1)
		c.reply.note = "timeout"
		c.fault(504, "The function did not answer within its time limit.")
	case why == bodyStalled || c.forward.upload.failed() != nil:
		c.requestFailed(c.forward.upload.failed())
	case err == errNotUp:
		c.reply.note = "not-running"
		c.fault(502, "The function's process does not run.")
	case isTimeout(err):
		h.server.metrics.timeouts.Add(1)
		c.reply.note = "timeout"
		c.fault(504, "The function did not accept the call within its time limit.")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isReset(err):
		c.reply.note = "no-response"
		c.fault(502, "The function closed the connection without answering.")
	default:
		c.reply.note = "bad-response"
		c.fault(502, "The function cannot be reached or answered badly: "+err.Error()+".")
	}
}

// clientVanished ends a call whose client left before it was answered.
func (c *clientConn) clientVanished() {
	c.reply.note = "client-gone"
	if !c.reply.begun {
		c.reply.status = 499
	}
	c.abort()
}

// requestFailed answers when the request body could not be read.
func (c *clientConn) requestFailed(err error) {
	c.reply.close = true
	switch {
	case errors.Is(err, errBodyTooLong):
		c.answer(413, plainText, "The request body is too large.\n")
	case errors.Is(err, errBadChunk):
		c.answer(400, plainText, "Bad request: malformed chunked body.\n")
	case isTimeout(err):
		c.reply.note = "body-stalled"
		_ = c.nc.SetReadDeadline(time.Time{})
		c.answer(c.server.cfg.stalledStatus, plainText, "The request body came too slowly.\n")
	default:
		c.clientVanished()
	}
}
