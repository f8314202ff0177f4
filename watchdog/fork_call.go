package main

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// forkRunner runs one process per call. Its three modes differ in when they answer.
type forkRunner struct {
	server    *server
	processes *processTable
	logs      *childLog
	env       *cgiEnv
}

func (r *forkRunner) ready() bool { return true }

// forkCall is one process at work for one call.
type forkCall struct {
	runner *forkRunner
	c      *clientConn
	proc   *process
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

// exited runs when the direct child has been reaped: whoever else holds its stdout gets only a little longer.
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
		f.proc, err = r.processes.start(r.server.cfg.argv, r.environment(c), files, f.exited)
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

// openPipes makes the child's descriptors 0, 1, 2 and perhaps 3. The caller closes those above 2.
func (f *forkCall) openPipes(input []byte) (files []uintptr, err error) {
	cfg := f.runner.server.cfg
	stdin, stdinEnd, err := pipeTo("stdin")
	if err != nil {
		return nil, err
	}
	f.stdin = stdin
	files = append(files, uintptr(stdinEnd))
	out, outEnd, err := pipeFrom("stdout")
	if err != nil {
		return files, err
	}
	f.stdout = out
	files = append(files, uintptr(outEnd))
	errEnd, err := f.stderrEnd(outEnd)
	if err != nil {
		return files, err
	}
	files = append(files, errEnd)
	if cfg.controlChannel {
		ctrl, ctrlEnd, err := pipeFrom("control")
		if err != nil {
			return files, err
		}
		f.ctrl = ctrl
		files = append(files, uintptr(ctrlEnd))
	}
	f.primeStdin(input)
	return files, nil
}

// stderrEnd says where the function's stderr goes: into the response, through a log reader, or straight to ours.
func (f *forkCall) stderrEnd(outEnd pipeEnd) (uintptr, error) {
	cfg := f.runner.server.cfg
	callID := ""
	if cfg.logCallID {
		callID = string(f.c.req.callID)
	}
	switch {
	case cfg.mode == classicMode && cfg.combineOutput:
		return uintptr(outEnd), nil
	case cfg.prefixLogs || callID != "":
		errs, errEnd, err := pipeFrom("stderr")
		if err != nil {
			return 0, err
		}
		f.runner.logs.follow(errs, os.Stderr, "stderr", callID)
		return uintptr(errEnd), nil
	}
	return 2, nil
}

// primeStdin gives the child the input that is here already, before it starts; small calls need no second goroutine.
func (f *forkCall) primeStdin(input []byte) {
	c := f.c
	rest := input
	if input == nil && !c.body.done && c.bodyIsHere() {
		rest = make([]byte, c.body.left)
		_, _ = c.body.take(rest)
	}
	if len(rest) > 0 {
		if raw, err := f.stdin.SyscallConn(); err == nil {
			_ = raw.Write(func(fd uintptr) bool {
				n, _ := syscall.Write(int(fd), rest)
				rest = rest[max(n, 0):]
				return true
			})
		}
	}
	f.unsent = rest
	if len(rest) == 0 && (input != nil || c.body.done) {
		_ = f.stdin.Close()
		f.stdin = nil
	}
}

// feedBody passes the rest of the request body to the child. A child that does not read it is not an error.
func (f *forkCall) feedBody() {
	defer close(f.fed)
	defer f.stdin.Close()
	if len(f.unsent) > 0 {
		if _, err := f.stdin.Write(f.unsent); err != nil {
			return
		}
	}
	if f.c.body.done {
		return
	}
	buffer := bulkBuffers.Get().(*[]byte)
	defer bulkBuffers.Put(buffer)
	block := (*buffer)[:cap(*buffer)]
	for {
		n, err := f.c.body.Read(block)
		if n > 0 {
			if _, failed := f.stdin.Write(block[:n]); failed != nil {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			f.feed = err
			f.c.guard.bodyBroke(readFailure(err))
			return
		}
	}
}

// stopFeeding ends the feeder and waits until it has let go of the request body.
func (f *forkCall) stopFeeding() {
	if f.fed == nil {
		return
	}
	select {
	case <-f.fed:
	default:
		f.c.haltBody()
		_ = f.stdin.SetWriteDeadline(longAgo)
		<-f.fed
	}
	f.fed = nil
}

// uploading tells whether the request body is still on its way.
func (f *forkCall) uploading() bool {
	if f.fed == nil {
		return false
	}
	select {
	case <-f.fed:
		return false
	default:
		return true
	}
}

// finish waits for the child after its output has ended and returns how it ended; false when the call was ended from
// outside or the child does not come to an end, in which case its group is being killed.
func (f *forkCall) finish(readErr error) (syscall.WaitStatus, bool) {
	why := f.c.guard.attach(nil)
	f.stopFeeding()
	if why != notEnded {
		go f.proc.terminate(f.runner.server.cfg.killGrace)
		return 0, false
	}
	if readErr != io.EOF {
		// Somebody else still holds the pipe, after the child itself has ended.
		go f.proc.terminate(f.runner.server.cfg.killGrace)
	}
	if !f.proc.exited() && !f.awaitExit() {
		go f.proc.terminate(f.runner.server.cfg.killGrace)
		return 0, false
	}
	return f.proc.status, true
}

// awaitExit waits for a child that has closed its stdout but still runs, as long as the call may last.
func (f *forkCall) awaitExit() bool {
	w := make(wakeup)
	if f.c.guard.attach(w) != notEnded {
		return false
	}
	select {
	case <-f.proc.done:
	case <-w:
	}
	return f.c.guard.attach(nil) == notEnded
}

func (f *forkCall) closePipes() {
	for _, file := range []*os.File{f.stdin, f.stdout, f.ctrl} {
		if file != nil {
			_ = file.Close()
		}
	}
}

// release frees what the call holds; background processes of the function keep running.
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

// notStarted answers when there is no process. That is the platform's fault, or the image's, not the call's.
func (r *forkRunner) notStarted(c *clientConn, err error) {
	c.reply.note = "not-started"
	r.server.log.warn("fork failed: " + err.Error())
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
	r.server.metrics.timeouts.Add(1)
	c.reply.note = "timeout"
	switch {
	case c.reply.begun:
		c.abort()
	case r.server.cfg.mode == classicMode:
		c.answer(408, plainText, "Killed process.\n")
	default:
		c.fault(504, "The function did not finish within its time limit.")
	}
}
