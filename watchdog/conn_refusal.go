package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"sampan/watchdog/internal/wire"
)

// refuse answers a request that could not be read.
func (c *clientConn) refuse(err error) {
	c.resetCall()
	c.req.Method, c.req.CallID, c.req.HTTP11 = nil, nil, true
	c.body.Start(&c.src, wire.NoBody, 0)
	c.reply.close = true
	cfg := c.server.cfg
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.refuseLate()
	case errors.Is(err, wire.ErrHeadTooLarge):
		c.answer(431, plainText, fmt.Sprintf(
			"watchdog: the request head is larger than max_header_bytes=%d bytes.\n", cfg.maxHeaderBytes))
	case errors.Is(err, wire.ErrTooManyFields):
		c.answer(431, plainText, fmt.Sprintf("watchdog: the request has more than %d header lines, a fixed limit of the watchdog.\n", wire.MaxFields))
	case errors.Is(err, wire.ErrHeadMemory):
		c.answer(503, faultLines+"Retry-After: 1\r\n", fmt.Sprintf(
			"watchdog: the heads of all requests together hold max_head_memory=%d bytes.\n", cfg.maxHeadMemory))
	case errors.Is(err, wire.ErrBadVersion):
		c.answer(505, plainText, "watchdog: only HTTP/1.0 and HTTP/1.1 are spoken here.\n")
	case errors.Is(err, wire.ErrBadExpectation):
		c.answer(417, plainText, "watchdog: only Expect: 100-continue is supported.\n")
	case errors.Is(err, wire.ErrBadRequest), errors.Is(err, wire.ErrBadField), errors.Is(err, wire.ErrFraming),
		errors.Is(err, wire.ErrBareLF):
		c.answer(400, plainText, "watchdog: bad request: "+err.Error()+".\n")
	default:
		return // the client is gone
	}
	c.linger()
}

// refuseLate answers a request whose head did not come in time, or whose place was needed.
func (c *clientConn) refuseLate() {
	cfg, crowded := c.server.cfg, c.guard.why() == crowdedOut
	_ = c.nc.SetDeadline(time.Now().Add(lastWrite))
	if crowded {
		c.answer(503, faultLines, fmt.Sprintf(
			"watchdog: all max_connections=%d connections are in use, and this one had not sent its request.\n", cfg.maxConnections))
		return
	}
	c.answer(408, plainText, fmt.Sprintf(
		"watchdog: the request head had not arrived after %s (read_timeout, at most 30s).\n", cfg.headTimeout))
}

// requestFailed answers when the request body could not be read.
func (c *clientConn) requestFailed(err error) {
	c.reply.close = true
	switch {
	case errors.Is(err, wire.ErrBodyTooLong):
		c.tooLarge()
	case errors.Is(err, errBufferTooSmall):
		c.answer(413, plainText, fmt.Sprintf(
			"watchdog: the request body has to be read whole first, and is larger than max_buffered_body=%d bytes.\n",
			c.server.cfg.maxBufferedBody))
	case errors.Is(err, wire.ErrHeadMemory):
		c.answer(503, faultLines+"Retry-After: 1\r\n", fmt.Sprintf(
			"watchdog: the heads of all requests together hold max_head_memory=%d bytes.\n", c.server.cfg.maxHeadMemory))
	case errors.Is(err, wire.ErrBadChunk):
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

// tooLarge answers for a body above max_request_body.
func (c *clientConn) tooLarge() {
	c.answer(413, plainText, fmt.Sprintf("watchdog: the request body is larger than max_request_body=%d bytes.\n",
		c.server.cfg.maxRequestBody))
}
