package main

import (
	"errors"
	"fmt"
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
		c.fault(504, fmt.Sprintf("watchdog: the function did not answer within %s.", c.limit))
	case why == bodyStalled || c.forward.upload.failed() != nil:
		c.requestFailed(c.forward.upload.failed())
	case err == errNotUp:
		c.reply.note = "not-running"
		c.fault(502, "watchdog: the function's process does not run.")
	case isTimeout(err):
		h.server.metrics.timeouts.Add(1)
		c.reply.note = "timeout"
		c.fault(504, fmt.Sprintf("watchdog: the function did not accept the call within %s.", c.limit))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isReset(err):
		c.reply.note = "no-response"
		c.fault(502, "watchdog: the function closed the connection without answering.")
	case errors.Is(err, errHeadTooLarge):
		c.reply.note = "bad-response"
		c.fault(502, fmt.Sprintf("watchdog: the head of the function's answer is larger than max_header_bytes=%d bytes.",
			h.server.cfg.maxHeaderBytes))
	case errors.Is(err, errTooManyFields):
		c.reply.note = "bad-response"
		c.fault(502, fmt.Sprintf("watchdog: the function's answer has more than %d header lines, a fixed limit of the watchdog.", maxFields))
	default:
		c.reply.note = "bad-response"
		c.fault(502, "watchdog: the function cannot be reached or answered badly: "+err.Error()+".")
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
		c.tooLarge()
	case errors.Is(err, errBufferTooSmall):
		c.answer(413, plainText, fmt.Sprintf(
			"watchdog: the request body has to be read whole first, and is larger than max_buffered_body=%d bytes.\n",
			c.server.cfg.maxBufferedBody))
	case errors.Is(err, errHeadMemory):
		c.answer(503, faultLines+"Retry-After: 1\r\n", fmt.Sprintf(
			"watchdog: the heads of all requests together hold max_head_memory=%d bytes.\n", c.server.cfg.maxHeadMemory))
	case errors.Is(err, errBadChunk):
		c.answer(400, plainText, "watchdog: bad request: malformed chunked body.\n")
	case isTimeout(err):
		c.reply.note = "body-stalled"
		_ = c.nc.SetReadDeadline(time.Time{})
		c.answer(c.server.cfg.stalledStatus, plainText, fmt.Sprintf(
			"watchdog: nothing of the request body came for read_timeout (%s).\n", c.server.cfg.readTimeout))
	default:
		c.clientVanished()
	}
}
