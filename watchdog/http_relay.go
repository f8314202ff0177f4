package main

import (
	"io"
	"time"

	"sampan/watchdog/internal/wire"
)

// relay passes the function's response on as it arrives. It returns whether the connection to the function
// can be reused.
func (h *httpRunner) relay(c *clientConn, u *upstreamConn) (reusable bool) {
	r := &u.resp
	if r.Status == 101 {
		if c.req.Upgrade == nil {
			h.failed(c, wire.ErrBadResponse)
			return false
		}
		h.tunnel(c, u)
		return false
	}
	kind, length := r.BodyKind(c.req.Method)
	u.body.Start(&u.src, kind, length)
	c.guard.limit(h.server.bodyDeadline(c, isEventStream(c.req.Accept, r.ContentType)))
	h.relayHead(c, r, kind)

	err := c.relayBody(&u.body)
	uploaded := c.forward.upload.settle(c)
	if err != nil {
		h.cut(c, err)
		return false
	}
	if c.end(u.body.Trailer) != nil {
		c.clientVanished()
		return uploaded && r.Reusable() && len(u.src.Buffered()) == 0
	}
	return uploaded && kind != wire.UntilClose && r.Reusable() && len(u.src.Buffered()) == 0
}

func (h *httpRunner) relayHead(c *clientConn, r *wire.Response, kind wire.BodyKind) {
	c.begin(r.Status, r.Reason)
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Kind {
		case wire.HopByHop, wire.KeepAliveField, wire.ConnectionField, wire.ContentLength, wire.TransferEncoding, wire.UpgradeField, wire.TEField, wire.XDuration:
			continue
		}
		c.out = wire.AppendField(c.out, f)
	}
	if !r.HasDate {
		c.out = append(c.out, h.server.date()...)
	}
	c.duration(time.Since(c.start))
	length := r.Framing.Length
	if kind == wire.ChunkedBody || kind == wire.UntilClose {
		length = -1
	}
	c.endHead(length)
	if h.server.cfg.debugHeaders {
		h.server.log.headers("out", r.Fields)
	}
}

// relayBody copies a body, flushing whenever the next byte is not there yet.
func (c *clientConn) relayBody(b *wire.Body) error {
	if c.forward.upload.running() && !b.Done {
		err := c.sendSpooled(nil, b, c.forward.upload.running)
		if err == io.EOF {
			return nil
		}
		return err
	}
	for {
		n, err := b.Take(c.room())
		c.put(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 && cap(c.out)-len(c.out) > 1024 {
			continue
		}
		if err := c.flush(); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if c.reply.bytes > 0 || b.Left > smallOut {
			c.useBulk()
		}
		n, err = b.Read(c.room())
		c.put(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// cut ends a response that the function did not complete, so that the client sees that it is incomplete.
func (h *httpRunner) cut(c *clientConn, err error) {
	c.reply.ended = true
	switch why := c.guard.why(); {
	case why == timedOut:
		h.server.metrics.Timeouts.Add(1)
		c.reply.note = "timeout"
	case why == clientGone, err == errClientGone:
		c.reply.note = "client-gone"
	default:
		c.reply.note = "cut-by-function"
	}
	if !c.reply.flushed && c.reply.note == "cut-by-function" && c.reply.bytes == 0 {
		// Nothing was sent yet: the client can still get a proper error status.
		c.out = c.out[:0]
		c.reply.begun, c.reply.chunked, c.reply.noBody = false, false, false
		c.fault(502, "watchdog: the function broke off its answer.")
		return
	}
	_ = c.flush()
	c.abort()
}
