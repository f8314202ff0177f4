package main

import (
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"sampan/watchdog/internal/process"
)

// streamingRunner passes a process's output on as it arrives.
type streamingRunner struct{ forkRunner }

// serve implements runner.
func (r *streamingRunner) serve(c *clientConn) {
	if r.server.cfg.debugHeaders {
		r.server.log.headers("in", c.req.Fields)
	}
	if !c.body.Done && c.sendContinue() != nil {
		c.clientVanished()
		return
	}
	f, err := r.start(c, nil)
	if err != nil {
		r.notStarted(c, err)
		return
	}
	defer f.release()
	var readErr error
	if c.guard.attach(f) != notEnded {
		readErr = os.ErrDeadlineExceeded
	} else {
		readErr = r.copy(c, f)
	}
	if readErr == errClientGone {
		r.abandon(c, f)
		return
	}
	status, finished := f.finish(readErr)
	switch {
	case !finished:
		r.ended(c, f)
	default:
		r.complete(c, f, status)
	}
}

// abandon ends the process of a client that left, or lets it run to its end if that is configured.
func (r *streamingRunner) abandon(c *clientConn, f *forkCall) {
	if !r.server.cfg.cancelOnDisconnect {
		_, _ = io.Copy(io.Discard, f.stdout)
	}
	c.guard.attach(nil)
	f.stopFeeding()
	if r.server.cfg.cancelOnDisconnect {
		go f.proc.Terminate(r.server.cfg.killGrace)
	}
	c.clientVanished()
}

// copy sends the output until it ends. The response begins with its first byte.
func (r *streamingRunner) copy(c *clientConn, f *forkCall) error {
	n, err := f.stdout.Read(c.room())
	if n == 0 {
		return err
	}
	first := append([]byte(nil), c.room()[:n]...)
	if !r.commit(c, f, 200) {
		return errClientGone
	}
	if f.uploading() {
		return c.sendSpooled(first, f.stdout, f.uploading)
	}
	if err := c.write(first); err != nil {
		return errClientGone
	}
	for {
		if n == smallOut/2 || c.reply.bytes > smallOut {
			c.useBulk()
		}
		n, err = f.stdout.Read(c.room())
		c.put(n)
		if flushed := c.flush(); flushed != nil {
			return errClientGone
		}
		if err != nil {
			return err
		}
		if f.uploading() {
			return c.sendSpooled(nil, f.stdout, f.uploading)
		}
	}
}

// commit writes the head of the response; false when the function's control message is wrong and was
// answered.
func (r *streamingRunner) commit(c *clientConn, f *forkCall, status int) bool {
	ctl, err := f.control()
	if err != nil {
		c.reply.note = "bad-control-message"
		c.answer(500, plainText, err.Error()+"\n")
		return false
	}
	kind := r.server.cfg.contentType
	if ctl != nil {
		status = ctl.status
		if ctl.contentType != "" {
			kind = ctl.contentType
		}
	}
	c.begin(status, nil)
	c.header("Content-Type", kind)
	if ctl != nil {
		c.out = append(c.out, ctl.lines...)
	}
	if c.req.TETrailers && c.req.HTTP11 {
		c.header("Trailer", "X-Exit-Status, X-Duration-Seconds")
	}
	c.out = append(c.out, r.server.date()...)
	c.duration(time.Since(c.start))
	c.endHead(-1)
	c.guard.limit(r.server.bodyDeadline(c, isEventStream(c.req.Accept, []byte(kind))))
	return true
}

// complete ends the response according to how the process ended.
func (r *streamingRunner) complete(c *clientConn, f *forkCall, status syscall.WaitStatus) {
	failed := status != 0 && !r.server.cfg.ignoreError
	if status != 0 {
		c.reply.note = exitNote(status)
	}
	var trailer []byte
	switch {
	case c.reply.ended:
		return
	case !c.reply.begun && failed:
		c.answer(500, plainText, process.Outcome(status)+"\n")
		return
	case !c.reply.begun:
		if !r.commitEmpty(c, f) {
			return
		}
	case c.req.TETrailers && c.reply.chunked:
		trailer = append(trailer, "X-Exit-Status: "...)
		trailer = strconv.AppendInt(trailer, int64(process.ExitCode(status)), 10)
		trailer = append(trailer, "\r\nX-Duration-Seconds: "...)
		trailer = append(appendSeconds(trailer, time.Since(c.start)), "\r\n"...)
	case failed:
		c.abort()
	}
	if c.end(trailer) != nil {
		c.clientVanished()
	}
}

// commitEmpty answers for a process that succeeded without output.
func (r *streamingRunner) commitEmpty(c *clientConn, f *forkCall) bool {
	ctl, err := f.control()
	if err != nil {
		c.answer(500, plainText, err.Error()+"\n")
		return false
	}
	status, kind := 200, r.server.cfg.contentType
	if ctl != nil {
		status = ctl.status
	}
	c.resolveUnreadBody()
	c.begin(status, nil)
	if ctl != nil {
		c.out = append(c.out, ctl.lines...)
		if ctl.contentType != "" {
			kind = ctl.contentType
		}
	}
	c.header("Content-Type", kind)
	c.out = append(c.out, r.server.date()...)
	c.duration(time.Since(c.start))
	c.endHead(0)
	return true
}
