package main

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// rdHup is EPOLLRDHUP, which package syscall knows on no platform as an untyped constant of the right sign.
const (
	rdHup         = 0x2000
	edgeTriggered = 1 << 31
	gone          = syscall.EPOLLERR | syscall.EPOLLHUP
)

const (
	// probeAfter is how long after the end of a client's sending it is looked whether the client is still there, and
	// probeAgain how long after that, as long as its call runs.
	probeAfter = 500 * time.Millisecond
	probeAgain = 10 * time.Second
	// maxChunkProbes bounds the digits that one answer may get: readers of chunks count them.
	maxChunkProbes = 8
	// interimProbe is an interim answer that every client of HTTP/1.1 passes over (RFC 9110, 15.2).
	interimProbe = "HTTP/1.1 100 Continue\r\n\r\n"
	// chunkProbe is a leading zero of the next chunk's size.
	chunkProbe = "0"
)

// clientWatch notices that clients leave, without a goroutine or a system call per request: each connection is added
// once to an epoll set of our own, which itself is polled by the Go runtime like any descriptor.
type clientWatch struct {
	file *os.File
	raw  syscall.RawConn
	fd   int

	mu    sync.Mutex
	next  int32
	conns map[int32]*clientConn
}

func newClientWatch() (*clientWatch, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// A non-blocking descriptor makes os.NewFile register it with the runtime's poller.
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	file := os.NewFile(uintptr(fd), "client-watch")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &clientWatch{file: file, raw: raw, fd: fd, conns: map[int32]*clientConn{}}, nil
}

// add watches c until remove.
func (w *clientWatch) add(c *clientConn) {
	w.mu.Lock()
	w.next++
	c.watchID = w.next
	w.conns[c.watchID] = c
	w.mu.Unlock()
	mask := uint32(rdHup | edgeTriggered)
	event := syscall.EpollEvent{Events: mask, Fd: c.watchID}
	// A connection that cannot be watched still works: its calls end when writing to it fails.
	_ = syscall.EpollCtl(w.fd, syscall.EPOLL_CTL_ADD, c.fd, &event)
}

// remove must run before the descriptor is closed by the caller; closing takes it out of the epoll set.
func (w *clientWatch) remove(c *clientConn) {
	w.mu.Lock()
	delete(w.conns, c.watchID)
	w.mu.Unlock()
}

// run reports clients that left until the watch is closed.
func (w *clientWatch) run() {
	events := make([]syscall.EpollEvent, 64)
	for {
		var n int
		var failed error
		err := w.raw.Read(func(fd uintptr) bool {
			n, failed = syscall.EpollWait(int(fd), events, 0)
			return n != 0
		})
		if err != nil || (failed != nil && failed != syscall.EINTR) {
			return
		}
		for i := range max(n, 0) {
			w.report(events[i].Fd, events[i].Events)
		}
	}
}

// report tells a client that is gone from one that only has no more to send: the second waits for its answer. Both begin
// in the same way when the first closes its socket in good order, so after a while a probe is sent: it meets a reset there.
func (w *clientWatch) report(id int32, events uint32) {
	w.mu.Lock()
	c := w.conns[id]
	w.mu.Unlock()
	switch {
	case c == nil:
	case events&gone != 0:
		c.guard.clientLeft()
	default:
		time.AfterFunc(probeAfter, c.probe)
	}
}

// probe sends what a client that is still there does not notice, without waiting, and past the connection's own writer.
// Before the answer the guard keeps that writer silent, within it the writer's lock does.
func (c *clientConn) probe() {
	g := &c.guard
	g.mu.Lock()
	if g.phase != phaseCall || !g.endsWithClient || g.cause != notEnded {
		g.mu.Unlock()
		return
	}
	sent := true
	if g.probes {
		g.probes = false
		sent = c.sendProbe(interimProbe)
	} else if c.writing.TryLock() {
		if c.inChunks && c.chunkProbes < maxChunkProbes {
			c.chunkProbes++
			sent = c.sendProbe(chunkProbe)
		}
		c.writing.Unlock()
	}
	if !sent {
		g.hasLeft = true
		g.end(clientGone)
		return
	}
	g.mu.Unlock()
	time.AfterFunc(probeAgain, c.probe)
}

// sendProbe is false when the client is gone, or the probe was cut in the middle.
func (c *clientConn) sendProbe(text string) bool {
	n, err := syscall.SendmsgN(c.fd, []byte(text), nil, nil, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
	return n == len(text) || (n <= 0 && (err == syscall.EAGAIN || err == syscall.EINTR))
}
