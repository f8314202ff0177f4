package main

import (
	"errors"
	"io"
	"sync"
	"time"

	"sampan/watchdog/internal/wire"
)

// settleTime is how long an unfinished upload may go on after the response is complete. A server that echoes
// ends its response with the last byte, before our writer may have noticed that it has sent it.
const settleTime = 50 * time.Millisecond

// upload sends a request body while the response is already arriving. It is the only additional goroutine of
// a call.
type upload struct {
	active bool
	to     *upstreamConn
	done   chan struct{}
	mu     sync.Mutex
	err    error // why the request body could not be read
	whole  bool  // all of it was sent
}

func (p *upload) start(c *clientConn, u *upstreamConn) {
	p.active, p.to, p.err, p.whole = true, u, nil, false
	p.done = make(chan struct{})
	go p.run(c, u, p.done)
}

func (p *upload) run(c *clientConn, u *upstreamConn, done chan struct{}) {
	defer close(done)
	block, give := lendBlock()
	defer give()
	chunked := c.req.Framing.Chunked
	for {
		n, err := c.body.Read(block[wire.ChunkPrefix : len(block)-2])
		if n > 0 {
			if _, failed := u.nc.Write(framed(block, n, chunked)); failed != nil {
				return // the server wants no more; its answer, if any, is being read
			}
		}
		if err == io.EOF {
			if chunked {
				last := append(append([]byte("0\r\n"), c.body.Trailer...), "\r\n"...)
				if _, failed := u.nc.Write(last); failed != nil {
					return
				}
			}
			p.finish(nil)
			return
		}
		if err != nil {
			// The error is stored first: the goroutine that the guard wakes will read it.
			p.finish(err)
			if !c.guard.bodyBroke(readFailure(err)) {
				p.finish(errHalted)
			}
			return
		}
	}
}

// errHalted says that the rest of a body was not wanted.
var errHalted = errors.New("upload halted")

func (p *upload) finish(err error) {
	p.mu.Lock()
	p.err, p.whole = err, err == nil
	if err == errHalted {
		p.err = nil
	}
	p.mu.Unlock()
}

// framed returns the n body bytes at block[ChunkPrefix:] as they go on the wire.
func framed(block []byte, n int, chunked bool) []byte {
	if !chunked {
		return block[wire.ChunkPrefix : wire.ChunkPrefix+n]
	}
	wire.PutChunkSize(block, n)
	copy(block[wire.ChunkPrefix+n:], "\r\n")
	return block[:wire.ChunkPrefix+n+2]
}

// running tells whether the request body is still on its way.
func (p *upload) running() bool {
	if !p.active {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// settle waits a moment for the upload to end by itself, otherwise stops it, and returns whether everything
// was sent.
func (p *upload) settle(c *clientConn) bool {
	if !p.active {
		return true
	}
	select {
	case <-p.done:
	case <-time.After(settleTime):
	}
	p.stop(c)
	return p.whole
}

// stop ends the upload and waits until it no longer uses the connections.
func (p *upload) stop(c *clientConn) {
	if !p.active {
		return
	}
	select {
	case <-p.done:
	default:
		c.haltBody()
		_ = p.to.nc.SetWriteDeadline(longAgo)
		<-p.done
		if p.whole {
			// It ended by itself meanwhile: the connection may serve another call.
			_ = p.to.nc.SetWriteDeadline(time.Time{})
		}
	}
	p.active, p.to = false, nil
}

// failed is the error of a body that could not be read.
func (p *upload) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// bufferRequest reads a chunked request body whole, so that the function gets it with a Content-Length.
func (c *clientConn) bufferRequest() error {
	if err := c.sendContinue(); err != nil {
		return errClientGone
	}
	var err error
	c.forward.buffered, err = c.readWhole()
	return err
}
