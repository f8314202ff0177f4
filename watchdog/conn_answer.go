package main

import (
	"strconv"
	"time"

	"sampan/watchdog/internal/wire"
)

// answer sends a whole response of the watchdog's own. lines holds further header lines.
func (c *clientConn) answer(status int, lines, body string) {
	if c.reply.begun {
		c.abort()
		return
	}
	if !c.reply.close {
		c.resolveUnreadBody()
	}
	c.begin(status, nil)
	c.out = append(c.out, lines...)
	if len(c.req.CallID) > 0 {
		c.headerBytes([]byte("X-Call-Id"), c.req.CallID)
	}
	c.out = append(c.out, c.server.date()...)
	c.duration(time.Since(c.start))
	c.endHead(int64(len(body)))
	_ = c.write([]byte(body))
	_ = c.end(nil)
}

// fault answers for a failure of the platform, not of the function.
func (c *clientConn) fault(status int, text string) {
	c.answer(status, faultLines, text+"\n")
}

// informational sends a 1xx response right away; lines holds its header lines.
func (c *clientConn) informational(status int, lines []byte) error {
	if !c.req.HTTP11 || c.reply.begun {
		return nil
	}
	c.guard.speak()
	c.out = append(c.out, "HTTP/1.1 "...)
	c.out = strconv.AppendInt(c.out, int64(status), 10)
	c.out = append(c.out, ' ')
	c.out = append(c.out, wire.StatusText(status)...)
	c.out = append(c.out, "\r\n"...)
	c.out = append(c.out, lines...)
	c.out = append(c.out, "\r\n"...)
	_, err := c.nc.Write(c.out)
	c.out = c.out[:0]
	return err
}

// sendContinue answers Expect: 100-continue, once.
func (c *clientConn) sendContinue() error {
	if !c.req.Expects || c.body.Done {
		return nil
	}
	c.req.Expects = false
	if len(c.src.Buffered()) > 0 {
		return nil
	}
	return c.informational(100, nil)
}

// clientVanished ends a call whose client left before the answer.
func (c *clientConn) clientVanished() {
	c.reply.note = "client-gone"
	if !c.reply.begun {
		c.reply.status = 499
	}
	c.abort()
}
