package main

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"sampan/watchdog/internal/wire"
)

// forward is the state of one call on its way to the function's server. It lives in the client's connection,
// so that a call allocates nothing.
type forward struct {
	head   []byte // request head, and the body when all of it is there
	whole  bool   // head holds the complete request
	unsent bool   // the connection was found closed before a byte of it was sent
	upload upload
	// buffered is a whole request body that came without a length; nil when the body is passed on as it
	// arrives.
	buffered []byte
}

// trim frees a request buffer that grew for one call.
func (f *forward) trim() {
	if cap(f.head) > largestKeptBuffer {
		f.head = nil
	}
}

// httpRunner passes calls to one warm process that speaks HTTP.
type httpRunner struct {
	server   *server
	upstream *upstream
	child    atomic.Pointer[httpChild] // replaced by a restart
}

func (h *httpRunner) ready() bool {
	return h.child.Load().up() && h.upstream.accepts(time.Second)
}

// serve implements runner.
func (h *httpRunner) serve(c *clientConn) {
	if child := h.child.Load(); !child.up() && !h.awaitChild(c, child) {
		return
	}
	if h.server.cfg.bufferBody && c.req.Framing.Chunked {
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

// awaitChild holds a call until the child listens, or the one that a restart put in its place. It answers itself
// when that fails.
func (h *httpRunner) awaitChild(c *clientConn, child *httpChild) bool {
	for {
		w := make(wakeup)
		if c.guard.attach(w) != notEnded {
			break
		}
		select {
		case <-child.listening:
		case <-child.gone:
		case <-w:
		}
		if c.guard.attach(nil) != notEnded {
			break
		}
		if child.up() {
			return true
		}
		next := h.child.Load()
		if next == child {
			break
		}
		child = next
	}
	h.failed(c, errNotUp)
	return false
}

var (
	errNotUp           = errors.New("the function does not run")
	errTooManyInterims = errors.New("more than 100 interim answers")
)

// maxInterims limits the 1xx answers to one call. A function that sends more would only keep us busy.
const maxInterims = 100

// exchange sends the request and reads the final response head. When a reused connection turns out to be
// dead, it tries once more on a fresh one. It returns nil when the client has been answered in another way.
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
		again := u.reused && untouched && c.mayRepeat() && c.guard.why() == notEnded && !isTimeout(err)
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

// mayRepeat tells whether the request may be sent again after a reused connection was lost without a byte of
// an answer: nothing of it was sent, or seeing it twice does no harm. The gateway has the same rule.
func (c *clientConn) mayRepeat() bool {
	if c.forward.unsent {
		return c.forward.whole
	}
	switch string(c.req.Method) {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE":
		return c.req.BodyLength() == 0
	}
	return false
}

func (h *httpRunner) dial(c *clientConn) (*upstreamConn, error) {
	patience := time.Duration(0)
	if deadline := c.limit.from(c.start); !deadline.IsZero() {
		patience = max(time.Until(deadline), time.Millisecond)
	}
	return h.upstream.dial(patience)
}

// try sends the request on u and reads heads until the final one. untouched means that the server gave no
// sign of having seen the request.
func (h *httpRunner) try(c *clientConn, u *upstreamConn) (untouched bool, err error) {
	if !c.forward.whole {
		if err := c.sendContinue(); err != nil {
			return false, errClientGone
		}
	}
	n, err := u.nc.Write(c.forward.head)
	c.forward.unsent = n == 0 && isReset(err)
	if err != nil && !isReset(err) {
		return true, err
	}
	if err == nil && !c.forward.whole {
		c.forward.upload.start(c, u)
	}
	// Before the reset the server may have answered, for example refused a body that it did not want to read.
	untouched = true
	for range maxInterims + 1 {
		head, err := u.src.AnswerHead(h.server.cfg.maxHeaderBytes)
		if err != nil {
			return untouched && len(u.src.Buffered()) == 0, err
		}
		untouched = false
		if err := u.resp.Parse(head); err != nil {
			return false, err
		}
		if u.resp.Status >= 200 || u.resp.Status == 101 {
			return false, nil
		}
		if err := h.relayInformational(c, &u.resp); err != nil {
			return false, errClientGone
		}
	}
	return false, errTooManyInterims
}

// relayInformational passes a 1xx on. Not 100, which we send ourselves when the body is wanted.
func (h *httpRunner) relayInformational(c *clientConn, r *wire.Response) error {
	if r.Status == 100 {
		return nil
	}
	var lines []byte
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Kind == wire.Ordinary {
			lines = wire.AppendField(lines, f)
		}
	}
	return c.informational(r.Status, lines)
}
