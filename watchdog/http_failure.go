package main

import (
	"errors"
	"fmt"
	"io"

	"sampan/watchdog/internal/wire"
)

// failed answers a call that got no response from the function.
func (h *httpRunner) failed(c *clientConn, err error) {
	c.forward.upload.stop(c)
	switch why := c.guard.why(); {
	case why == clientGone || err == errClientGone:
		c.clientVanished()
	case why == timedOut:
		h.server.metrics.Timeouts.Add(1)
		c.reply.note = "timeout"
		c.fault(504, fmt.Sprintf("watchdog: the function did not answer within %s.", c.limit))
	case why == bodyStalled || c.forward.upload.failed() != nil:
		c.requestFailed(c.forward.upload.failed())
	case err == errNotUp:
		c.reply.note = "not-running"
		c.fault(502, "watchdog: the function's process does not run.")
	case isTimeout(err):
		h.server.metrics.Timeouts.Add(1)
		c.reply.note = "timeout"
		c.fault(504, fmt.Sprintf("watchdog: the function did not accept the call within %s.", c.limit))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isReset(err):
		c.reply.note = "no-response"
		c.fault(502, "watchdog: the function closed the connection without answering.")
	case errors.Is(err, wire.ErrHeadTooLarge):
		c.reply.note = "bad-response"
		c.fault(502, fmt.Sprintf("watchdog: the head of the function's answer is larger than max_header_bytes=%d bytes.",
			h.server.cfg.maxHeaderBytes))
	case errors.Is(err, wire.ErrTooManyFields):
		c.reply.note = "bad-response"
		c.fault(502, fmt.Sprintf("watchdog: the function's answer has more than %d header lines, a fixed limit of the watchdog.", wire.MaxFields))
	default:
		c.reply.note = "bad-response"
		c.fault(502, "watchdog: the function cannot be reached or answered badly: "+err.Error()+".")
	}
}
