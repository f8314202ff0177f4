package main

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"sampan/watchdog/internal/wire"
)

// halfClosed is how long one side of a tunnel may stay silent after the other has closed.
const halfClosed = 500 * time.Millisecond

// tunnel passes a 101 response on and then bytes both ways until either side closes. Call limits do not
// apply, but the limiter's slot stays taken.
func (h *httpRunner) tunnel(c *clientConn, u *upstreamConn) {
	c.reply.close = true
	deadline := time.Time{}
	if limit := h.server.cfg.upgradeTimeout; limit > 0 {
		deadline = time.Now().Add(limit)
	}
	if !c.enterTunnel(deadline) {
		c.clientVanished()
		return
	}
	c.begin(101, u.resp.Reason)
	for i := range u.resp.Fields {
		f := &u.resp.Fields[i]
		switch f.Kind {
		case wire.HopByHop, wire.KeepAliveField, wire.ConnectionField, wire.ContentLength, wire.TransferEncoding, wire.XDuration:
			continue
		}
		c.out = wire.AppendField(c.out, f)
	}
	c.header("Connection", "Upgrade")
	c.duration(time.Since(c.start))
	c.out = append(c.out, "\r\n"...)
	c.out = append(c.out, u.src.Buffered()...)
	c.reply.ended = true
	u.src.Skip(len(u.src.Buffered()))
	if c.flush() != nil {
		return
	}
	c.guard.attach(u)
	if early := c.src.Buffered(); len(early) > 0 {
		c.src.Skip(len(early))
		if _, err := u.nc.Write(early); err != nil {
			return
		}
	}
	c.pump(u)
	c.body.Done = true
}

// enterTunnel removes every limit of the call; false when the call has been ended already.
func (c *clientConn) enterTunnel(deadline time.Time) bool {
	if c.guard.attach(nil) != notEnded {
		return false
	}
	c.guard.enter(phaseTunnel, deadline)
	_ = c.nc.SetDeadline(time.Time{})
	c.readLimited = false
	return true
}

// pump copies both ways. io.Copy between sockets is done by the kernel.
func (c *clientConn) pump(u *upstreamConn) {
	toFunction := make(chan struct{})
	go func() {
		defer close(toFunction)
		copyHalf(u.nc, c.nc)
	}()
	c.reply.bytes += copyHalf(c.nc, u.nc)
	// The client may only have to see the end of the stream. If it goes on sending, it is cut off.
	_ = c.nc.SetReadDeadline(time.Now().Add(halfClosed))
	<-toFunction
}

// copyHalf copies until from ends or breaks. Then it ends the sending side of to, and gives the other
// direction only little time.
func copyHalf(to, from net.Conn) int64 {
	n, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = to.SetDeadline(longAgo)
		_ = from.SetDeadline(longAgo)
		return n
	}
	_ = to.SetReadDeadline(time.Now().Add(halfClosed))
	return n
}
