package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"time"
)

// replayBytes is how much request body may travel, and be sent again, together with the head. In bytes.
const replayBytes = 64 << 10

// forward is the state of one call on its way to the function's server. It lives in the client's connection, so that
// a call allocates nothing.
type forward struct {
	head   []byte // request head, and the body when all of it is there
	whole  bool   // head holds the complete request
	upload upload
	// buffered is a whole request body that came without a length, nil when it travels as it comes.
	buffered []byte
}

// trim lets go of a request buffer that grew for one call.
func (f *forward) trim() {
	if cap(f.head) > largestKeptBuffer {
		f.head = nil
	}
}

// httpRunner passes calls to one warm process that speaks HTTP.
type httpRunner struct {
	server   *server
	upstream *upstream
	child    *httpChild
}

func (h *httpRunner) ready() bool {
	return h.child.up() && h.upstream.accepts(time.Second)
}

// serve implements runner.
func (h *httpRunner) serve(c *clientConn) {
	if !h.child.up() && !h.awaitChild(c) {
		return
	}
	if h.server.cfg.bufferBody && c.req.framing.chunked {
		if err := c.bufferRequest(); err != nil {
			c.requestFailed(err)
			return
		}
	}
	h.buildRequest(c)
	defer c.forward.trim()
	u := h.exchange(c)
	if u == nil {
		return
	}
	reusable := h.relay(c, u)
	if reusable && c.guard.attach(nil) == notEnded {
		h.upstream.give(u, time.Now())
		return
	}
	c.guard.attach(nil)
	u.close()
}

// awaitChild holds a call until the child listens. It answers itself when that fails.
func (h *httpRunner) awaitChild(c *clientConn) bool {
	w := make(wakeup)
	if c.guard.attach(w) == notEnded {
		select {
		case <-h.child.listening:
			if c.guard.attach(nil) == notEnded && h.child.up() {
				return true
			}
		case <-h.child.gone:
		case <-w:
		}
	}
	h.failed(c, errNotUp)
	return false
}

var errNotUp = errors.New("the function does not run")

// wakeup is an interruptible that only wakes.
type wakeup chan struct{}

func (w wakeup) interrupt(cause) { close(w) }

// exchange sends the request and reads the final response head, once more on a fresh connection when a reused one
// turns out to be dead. It returns nil when the client has been answered otherwise.
func (h *httpRunner) exchange(c *clientConn) *upstreamConn {
	u := h.upstream.take(c.start)
	for {
		var err error
		if u == nil {
			if u, err = h.dial(c); err != nil {
				h.failed(c, err)
				return nil
			}
		}
		if c.guard.attach(u) != notEnded {
			u.close()
			h.failed(c, os.ErrDeadlineExceeded)
			return nil
		}
		untouched := false
		if untouched, err = h.try(c, u); err == nil {
			return u
		}
		again := u.reused && untouched && c.forward.whole && c.guard.why() == notEnded && !isTimeout(err)
		c.forward.upload.stop(c)
		ended := c.guard.attach(nil)
		u.close()
		if !again || ended != notEnded {
			h.failed(c, err)
			return nil
		}
		u = nil
	}
}

func (h *httpRunner) dial(c *clientConn) (*upstreamConn, error) {
	limit := time.Duration(0)
	if deadline := h.server.callDeadline(c); !deadline.IsZero() {
		limit = max(time.Until(deadline), time.Millisecond)
	}
	return h.upstream.dial(limit)
}

// try sends the request on u and reads heads until the final one. untouched means that the server gave no sign of
// having seen the request.
func (h *httpRunner) try(c *clientConn, u *upstreamConn) (untouched bool, err error) {
	if !c.forward.whole {
		if err := c.invite(); err != nil {
			return false, errClientGone
		}
	}
	_, err = u.nc.Write(c.forward.head)
	if err != nil && !isReset(err) {
		return true, err
	}
	if err == nil && !c.forward.whole {
		c.forward.upload.start(c, u)
	}
	// After a reset the server may still have answered: a refusal of a body that it did not want to read.
	untouched = true
	for range 64 {
		head, err := u.src.head(maxUpstreamHead)
		if err != nil {
			return untouched && len(u.src.buffered()) == 0, err
		}
		untouched = false
		if err := u.resp.parse(head); err != nil {
			return false, err
		}
		if u.resp.status >= 200 || u.resp.status == 101 {
			return false, nil
		}
		if err := h.relayInformational(c, &u.resp); err != nil {
			return false, errClientGone
		}
	}
	return false, errBadResponse
}

// relayInformational passes a 1xx on. 100 is ours to send, the client got it when its body was wanted.
func (h *httpRunner) relayInformational(c *clientConn, r *response) error {
	if r.status == 100 {
		return nil
	}
	var lines []byte
	for i := range r.fields {
		if f := &r.fields[i]; f.kind == ordinary {
			lines = appendField(lines, f)
		}
	}
	return c.informational(r.status, lines)
}

func appendField(b []byte, f *field) []byte {
	b = append(b, f.name...)
	b = append(b, ": "...)
	b = append(b, f.value...)
	return append(b, "\r\n"...)
}

// buildRequest writes the head as it goes to the function: everything as it came, but for what concerns only the
// connection to the client.
func (h *httpRunner) buildRequest(c *clientConn) {
	req := &c.req
	b := append(c.forward.head[:0], req.method...)
	b = append(b, ' ')
	b = append(b, h.upstream.prefix...)
	if len(h.upstream.prefix) > 0 && req.target[0] != '/' {
		b = append(b, '/')
	}
	b = append(b, req.target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	if len(req.host) > 0 || req.http11 {
		b = append(b, req.host...)
	} else {
		b = append(b, h.upstream.host...)
	}
	b = append(b, "\r\n"...)
	for i := range req.fields {
		f := &req.fields[i]
		switch f.kind {
		case hopByHop, connectionField, contentLength, transferEncoding, hostField, upgradeField, expectField, teField:
			continue
		case authSecondsField:
			if c.authSeconds != "" {
				continue
			}
		}
		b = appendField(b, f)
	}
	if c.authSeconds != "" {
		b = append(append(append(b, "X-Auth-Seconds: "...), c.authSeconds...), "\r\n"...)
	}
	if req.upgrade != nil {
		b = append(append(append(b, "Connection: Upgrade\r\nUpgrade: "...), req.upgrade...), "\r\n"...)
	}
	c.forward.head = h.appendBody(c, b)
}

// appendBody closes the head, and adds the body when it is small and has come already, so that one write carries all.
func (h *httpRunner) appendBody(c *clientConn, b []byte) []byte {
	c.forward.whole = true
	switch {
	case c.forward.buffered != nil:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(c.forward.buffered)), 10)
		b = append(b, "\r\n\r\n"...)
		b = append(b, c.forward.buffered...)
		c.forward.buffered = nil
		return b
	case c.req.framing.chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n\r\n"...)
	case c.req.framing.length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, c.req.framing.length, 10)
		b = append(b, "\r\n\r\n"...)
	default:
		return append(b, "\r\n"...)
	}
	if c.body.kind == sizedBody && !c.body.done {
		c.forward.whole = c.bodyIsHere() && c.body.left <= replayBytes
		if c.forward.whole {
			start := len(b)
			b = append(b, c.src.buffered()[:c.body.left]...)
			_, _ = c.body.take(b[start:])
		}
	} else if c.body.kind == chunkedBody {
		c.forward.whole = false
	}
	return b
}

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
