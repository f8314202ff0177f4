package main

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// endingUpload is a connection whose upload ends by itself at the very moment at which it is told to.
type endingUpload struct {
	net.Conn
	once sync.Once
	end  func()
}

func (e *endingUpload) SetWriteDeadline(t time.Time) error {
	e.once.Do(e.end)
	return e.Conn.SetWriteDeadline(t)
}

func TestUploadThatEndsAsItIsStoppedLeavesAConnectionForFurtherCalls(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	c := &clientConn{nc: &net.TCPConn{}}
	p := &c.forward.upload
	p.done = make(chan struct{})
	u := &upstreamConn{nc: &endingUpload{Conn: near, end: func() { p.finish(nil); close(p.done) }}}
	p.active, p.to = true, u

	if !p.settle(c) {
		t.Fatal("all of it was sent")
	}
	if _, err := u.nc.Write([]byte("GET / HTTP/1.1\r\n")); err != nil {
		t.Errorf("the next call cannot be written: %v", err)
	}
}
