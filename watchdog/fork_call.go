package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"sampan/watchdog/internal/process"
)

// forkRunner runs one process per call. Its three modes differ in when they answer.
type forkRunner struct {
	server    *server
	processes *process.Table
	logs      *process.ChildLog
	env       *cgiEnv
}

func (r *forkRunner) ready() bool { return true }

// forkCall is one process at work for one call.
type forkCall struct {
	runner *forkRunner
	c      *clientConn
	proc   *process.Process
	stdin  *os.File // nil when the child has all its input
	stdout *os.File
	ctrl   *os.File // nil when off
	unsent []byte   // input that did not fit into the pipe at once
	fed    chan struct{}
	feed   error // why the request body could not be read, valid after fed

	mu          sync.Mutex
	interrupted bool
}

// interrupt implements interruptible.
func (f *forkCall) interrupt(cause) {
	f.mu.Lock()
	f.interrupted = true
	_ = f.stdout.SetReadDeadline(longAgo)
	f.mu.Unlock()
}

// exited runs when the direct child has been reaped. Other processes that hold its stdout get only a little
// longer.
func (f *forkCall) exited() {
	f.mu.Lock()
	if !f.interrupted {
		_ = f.stdout.SetReadDeadline(time.Now().Add(f.runner.server.cfg.killGrace))
	}
	f.mu.Unlock()
}

// start forks the function for c; input, when not nil, replaces the request body.
func (r *forkRunner) start(c *clientConn, input []byte) (*forkCall, error) {
	f := &forkCall{runner: r, c: c}
	files, err := f.openPipes(input)
	defer func() {
		for i, fd := range files {
			if shared := i == 2 && fd == files[1]; fd > 2 && !shared {
				_ = syscall.Close(int(fd))
			}
		}
	}()
	if err == nil {
		f.proc, err = r.processes.Start(r.server.cfg.argv, r.environment(c), files, f.exited)
	}
	if err != nil {
		f.closePipes()
		return nil, err
	}
	if f.stdin != nil {
		f.fed = make(chan struct{})
		go f.feedBody()
	}
	return f, nil
}

func (r *forkRunner) environment(c *clientConn) []string {
	env := r.env.base
	if r.server.cfg.cgiHeaders {
		var skipped []string
		env, skipped = r.env.forRequest(c)
		for _, name := range skipped {
			r.server.log.warn(name + " is too large for the environment and was left out")
		}
	}
	if r.server.cfg.controlChannel {
		env = append(env[:len(env):len(env)], controlVariable+"=3")
	}
	return env
}

// finish waits for the child after its output has ended, and returns how it ended. False when the call was
// ended from outside, or the child does not end and its group is being killed.
func (f *forkCall) finish(readErr error) (syscall.WaitStatus, bool) {
	why := f.c.guard.attach(nil)
	f.stopFeeding()
	if why != notEnded {
		go f.proc.Terminate(f.runner.server.cfg.killGrace)
		return 0, false
	}
	if readErr != io.EOF {
		// Another process still holds the pipe after the child itself has ended.
		go f.proc.Terminate(f.runner.server.cfg.killGrace)
	}
	if !f.proc.Exited() && !f.awaitExit() {
		go f.proc.Terminate(f.runner.server.cfg.killGrace)
		return 0, false
	}
	return f.proc.Status, true
}

// awaitExit waits, within the limit of the call, for a child that has closed its stdout but still runs.
func (f *forkCall) awaitExit() bool {
	w := make(wakeup)
	if f.c.guard.attach(w) != notEnded {
		return false
	}
	select {
	case <-f.proc.Done:
	case <-w:
	}
	return f.c.guard.attach(nil) == notEnded
}

// release frees the resources of the call; background processes of the function keep running.
func (f *forkCall) release() {
	_ = f.stdout.Close()
	if f.ctrl != nil {
		_ = f.ctrl.Close()
	}
}

// control reads the function's control message, if it sent one.
func (f *forkCall) control() (*control, error) {
	if f.ctrl == nil {
		return nil, nil
	}
	return readControl(f.ctrl)
}

// notStarted answers when no process could be started. That is the fault of platform or image, not of the
// call.
func (r *forkRunner) notStarted(c *clientConn, err error) {
	c.reply.note = "not-started"
	r.server.log.warn("fork failed: " + err.Error())
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) {
		c.fault(503, "watchdog: no room for another process: "+err.Error()+
			". The container has as many processes, open files or as much memory as it may (annotation com.sampan.pids, limits.memory).")
		return
	}
	c.fault(500, err.Error())
}

// ended answers a call that was ended from outside before its response began, or cuts the response.
func (r *forkRunner) ended(c *clientConn, f *forkCall) {
	switch why := c.guard.why(); why {
	case clientGone:
		c.clientVanished()
	case bodyStalled:
		if c.reply.begun {
			c.abort()
			return
		}
		err := io.ErrUnexpectedEOF
		if f != nil && f.feed != nil {
			err = f.feed
		}
		c.requestFailed(err)
	default:
		r.timedOut(c)
	}
}

func (r *forkRunner) timedOut(c *clientConn) {
	r.server.metrics.Timeouts.Add(1)
	c.reply.note = "timeout"
	switch {
	case c.reply.begun:
		c.abort()
	case r.server.cfg.mode == classicMode:
		c.answer(408, plainText, fmt.Sprintf("Killed process.\nwatchdog: it did not finish within %s.\n", c.limit))
	default:
		c.fault(504, fmt.Sprintf("watchdog: the function did not finish within %s.", c.limit))
	}
}

func exitNote(status syscall.WaitStatus) string {
	if status.Signaled() {
		return fmt.Sprintf("signal=%d", status.Signal())
	}
	return fmt.Sprintf("exit=%d", status.ExitStatus())
}
