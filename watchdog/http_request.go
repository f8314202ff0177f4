package main

import (
	"strconv"

	"sampan/watchdog/internal/wire"
)

// replayBytes is the largest request body that is sent together with the head and can be sent again, in
// bytes.
const replayBytes = 64 << 10

// buildRequest writes the head for the function: everything as received, except what concerns only the
// connection to the client.
func (h *httpRunner) buildRequest(c *clientConn) {
	req := &c.req
	b := append(c.forward.head[:0], req.Method...)
	b = append(b, ' ')
	b = append(b, h.upstream.prefix...)
	if len(h.upstream.prefix) > 0 && req.Target[0] != '/' {
		b = append(b, '/')
	}
	b = append(b, req.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	if len(req.Host) > 0 || req.HTTP11 {
		b = append(b, req.Host...)
	} else {
		b = append(b, h.upstream.host...)
	}
	b = append(b, "\r\n"...)
	for i := range req.Fields {
		f := &req.Fields[i]
		switch f.Kind {
		case wire.HopByHop, wire.KeepAliveField, wire.ConnectionField, wire.ContentLength, wire.TransferEncoding, wire.HostField, wire.UpgradeField, wire.ExpectField, wire.TEField:
			continue
		case wire.AuthSecondsField:
			if c.authSeconds != "" {
				continue
			}
		}
		b = wire.AppendField(b, f)
	}
	if c.authSeconds != "" {
		b = append(append(append(b, "X-Auth-Seconds: "...), c.authSeconds...), "\r\n"...)
	}
	if req.Upgrade != nil {
		b = append(append(append(b, "Connection: Upgrade\r\nUpgrade: "...), req.Upgrade...), "\r\n"...)
	}
	c.forward.head = h.appendBody(c, b)
}

// appendBody ends the head. It adds the body if that is small and has arrived, so that one write carries
// both.
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
	case c.req.Framing.Chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n\r\n"...)
	case c.req.Framing.Length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, c.req.Framing.Length, 10)
		b = append(b, "\r\n\r\n"...)
	default:
		return append(b, "\r\n"...)
	}
	if c.body.Kind == wire.SizedBody && !c.body.Done {
		c.forward.whole = c.bodyIsHere() && c.body.Left <= replayBytes
		if c.forward.whole {
			start := len(b)
			b = append(b, c.src.Buffered()[:c.body.Left]...)
			_, _ = c.body.Take(b[start:])
		}
	} else if c.body.Kind == wire.ChunkedBody {
		c.forward.whole = false
	}
	return b
}
