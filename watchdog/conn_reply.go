package main

import (
	"errors"
	"strconv"
	"time"

	"sampan/watchdog/internal/wire"
)

const (
	// smallOut holds the head and a small body, which then leave in one write. In bytes.
	smallOut = 4 << 10
	// largestKeptBuffer is the most that a connection keeps for answers between two calls, in bytes.
	largestKeptBuffer = 8 << 10
	// bulkOut is the block in which long bodies travel, in bytes. A chunk of it needs four hexadecimal
	// digits.
	bulkOut = 64<<10 - 64
)

var errClientGone = errors.New("client went away")

// reply is the state of the response on a client connection.
type reply struct {
	status  int
	chunked bool
	noBody  bool  // HEAD, 204, 304: the body is dropped
	length  int64 // announced, -1 when unknown
	bytes   int64 // body bytes handed over
	begun   bool  // the head is in the buffer, the status cannot change any more
	flushed bool  // some of the response left
	close   bool  // the connection ends with this response
	aborted bool  // it ends without the proper end of the response
	ended   bool
	bulk    *[]byte
	// note tells the log what was special: "timeout", "exit=3".
	note string
}

// begin writes the status line. An empty reason stands for the usual one.
func (c *clientConn) begin(status int, reason []byte) {
	c.guard.speak()
	c.reply.status = status
	c.reply.begun = true
	c.out = append(c.out, "HTTP/1.1 "...)
	c.out = strconv.AppendInt(c.out, int64(status), 10)
	c.out = append(c.out, ' ')
	if len(reason) > 0 {
		c.out = append(c.out, reason...)
	} else {
		c.out = append(c.out, wire.StatusText(status)...)
	}
	c.out = append(c.out, "\r\n"...)
}

// header adds one line to the head.
func (c *clientConn) header(name, value string) {
	c.out = append(c.out, name...)
	c.out = append(c.out, ": "...)
	c.out = append(c.out, value...)
	c.out = append(c.out, "\r\n"...)
}

func (c *clientConn) headerBytes(name, value []byte) {
	c.out = append(c.out, name...)
	c.out = append(c.out, ": "...)
	c.out = append(c.out, value...)
	c.out = append(c.out, "\r\n"...)
}

// duration adds X-Duration-Seconds: seconds since the call began, six decimals.
func (c *clientConn) duration(d time.Duration) {
	c.out = append(c.out, "X-Duration-Seconds: "...)
	c.out = appendSeconds(c.out, d)
	c.out = append(c.out, "\r\n"...)
}

func appendSeconds(b []byte, d time.Duration) []byte {
	micros := max(d.Microseconds(), 0)
	b = strconv.AppendInt(b, micros/1e6, 10)
	b = append(b, '.')
	fraction := micros % 1e6
	for unit := int64(100_000); unit > fraction && unit > 1; unit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, fraction, 10)
}

// endHead closes the head. length is that of the body in bytes, -1 when it is not known yet.
func (c *clientConn) endHead(length int64) {
	r := &c.reply
	r.length = length
	r.noBody = string(c.req.Method) == "HEAD" || r.status == 204 || r.status == 304
	switch {
	case r.status == 204:
	case length >= 0:
		c.out = append(c.out, "Content-Length: "...)
		c.out = strconv.AppendInt(c.out, length, 10)
		c.out = append(c.out, "\r\n"...)
	case r.noBody:
	case c.req.HTTP11:
		r.chunked = true
		c.out = append(c.out, "Transfer-Encoding: chunked\r\n"...)
	default:
		r.close = true
	}
	if !c.req.WantsKeepAlive() || c.server.closing.Load() {
		r.close = true
	}
	if r.close {
		c.out = append(c.out, "Connection: close\r\n"...)
	} else if !c.req.HTTP11 {
		c.out = append(c.out, "Connection: keep-alive\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
}

// room returns space for the next piece of the body; put hands over what was written there. The space is
// never empty.
func (c *clientConn) room() []byte {
	prefix, suffix := 0, 0
	if c.reply.chunked {
		prefix, suffix = wire.ChunkPrefix, 2
	}
	if cap(c.out)-len(c.out) < 512 {
		grown := make([]byte, len(c.out), len(c.out)+smallOut)
		copy(grown, c.out)
		c.out = grown
	}
	start := len(c.out) + prefix
	end := min(cap(c.out)-suffix, start+0xffff)
	return c.out[start:end]
}

// put adds the n bytes that were written into room() to the body.
func (c *clientConn) put(n int) {
	if n == 0 {
		return
	}
	c.reply.bytes += int64(n)
	if c.reply.noBody {
		return
	}
	if !c.reply.chunked {
		c.out = c.out[:len(c.out)+n]
		return
	}
	at := len(c.out)
	c.out = c.out[:at+wire.ChunkPrefix+n+2]
	wire.PutChunkSize(c.out[at:], n)
	copy(c.out[at+wire.ChunkPrefix+n:], "\r\n")
}

// flush sends what is buffered.
func (c *clientConn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	c.writing.Lock()
	_, err := c.nc.Write(c.out)
	c.inChunks = c.reply.chunked && !c.reply.ended
	if !c.inChunks {
		c.chunkProbes = 0
	}
	c.writing.Unlock()
	c.out = c.out[:0]
	c.reply.flushed = true
	if err != nil {
		return errClientGone
	}
	return nil
}

// useBulk takes a large buffer for the rest of the call, if there is one. Buffered bytes must have been
// flushed.
func (c *clientConn) useBulk() {
	if c.reply.bulk != nil {
		return
	}
	if c.reply.bulk = borrowBulk(); c.reply.bulk != nil {
		c.small, c.out = c.out, (*c.reply.bulk)[:0]
	}
}

func (c *clientConn) dropBulk() {
	if c.reply.bulk == nil {
		return
	}
	returnBulk(c.reply.bulk)
	c.reply.bulk, c.out = nil, c.small[:0]
}

// write sends a piece of the body at once.
func (c *clientConn) write(p []byte) error {
	for len(p) > 0 {
		n := copy(c.room(), p)
		c.put(n)
		p = p[n:]
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}

// end completes the response; trailer holds whole lines.
func (c *clientConn) end(trailer []byte) error {
	r := &c.reply
	r.ended = true
	if r.length >= 0 && !r.noBody && r.bytes != r.length {
		c.abort()
	}
	if r.chunked && !r.aborted {
		c.out = append(c.out, "0\r\n"...)
		c.out = append(c.out, trailer...)
		c.out = append(c.out, "\r\n"...)
	}
	return c.flush()
}

// abort ends the response so that the client sees that it is incomplete.
func (c *clientConn) abort() {
	c.reply.aborted, c.reply.close = true, true
}

const (
	plainText = "Content-Type: text/plain; charset=utf-8\r\n"
	// faultLines mark a failure of the platform. The queue worker retries answers with these headers, so a
	// function's own error must not have them.
	faultLines = plainText + "X-Openfaas-Internal: fwatchdog\r\n"
)
