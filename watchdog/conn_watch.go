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
	// probeAfter is how long after a client has ended its side it is first checked whether it is still there.
	// probeAgain is the time between further checks while its call runs.
	probeAfter = 500 * time.Millisecond
	probeAgain = 10 * time.Second
	// maxChunkProbes limits the zeros that one answer may get, because readers of chunks limit the digits.
	maxChunkProbes = 8
	// interimProbe is an interim answer that every HTTP/1.1 client ignores (RFC 9110, 15.2).
	interimProbe = "HTTP/1.1 100 Continue\r\n\r\n"
	// chunkProbe is a leading zero of the next chunk's size.
	chunkProbe = "0"
)

// clientWatch notices when clients leave, without a goroutine or a system call per request. Each connection
// is added once to our own epoll set, which the Go runtime polls like any descriptor.
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

// report distinguishes a client that left from one that has only finished sending and waits for its answer.
// Both look the same at first, so after a while a probe is sent: a client that left replies with a reset.
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

// probe sends bytes that a present client ignores. It does not wait, and bypasses the connection's own
// writer: before the answer the guard keeps that writer silent, within the answer the writer's lock does.
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

// sendProbe is false when the client has left, or only a part of the probe could be sent.
func (c *clientConn) sendProbe(text string) bool {
	n, err := syscall.SendmsgN(c.fd, []byte(text), nil, nil, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
	return n == len(text) || (n <= 0 && (err == syscall.EAGAIN || err == syscall.EINTR))
}
