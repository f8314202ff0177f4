package main

import (
	"io"
	"os"
	"syscall"

	"sampan/watchdog/internal/process"
)

// openPipes makes the child's descriptors 0, 1, 2 and perhaps 3. The caller closes those above 2.
func (f *forkCall) openPipes(input []byte) (files []uintptr, err error) {
	cfg := f.runner.server.cfg
	stdin, stdinEnd, err := process.PipeTo("stdin")
	if err != nil {
		return nil, err
	}
	f.stdin = stdin
	files = append(files, uintptr(stdinEnd))
	out, outEnd, err := process.PipeFrom("stdout")
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
		ctrl, ctrlEnd, err := process.PipeFrom("control")
		if err != nil {
			return files, err
		}
		f.ctrl = ctrl
		files = append(files, uintptr(ctrlEnd))
	}
	f.primeStdin(input)
	return files, nil
}

// stderrEnd decides where the function's stderr goes: into the response, through a log reader, or directly to
// ours.
func (f *forkCall) stderrEnd(outEnd process.PipeEnd) (uintptr, error) {
	cfg := f.runner.server.cfg
	callID := ""
	if cfg.logCallID {
		callID = string(f.c.req.CallID)
	}
	switch {
	case cfg.mode == classicMode && cfg.combineOutput:
		return uintptr(outEnd), nil
	case cfg.prefixLogs || callID != "":
		errs, errEnd, err := process.PipeFrom("stderr")
		if err != nil {
			return 0, err
		}
		f.runner.logs.Follow(errs, os.Stderr, "stderr", callID)
		return uintptr(errEnd), nil
	}
	return 2, nil
}

// primeStdin gives the child the input that has arrived before it starts, so that small calls need no second
// goroutine.
func (f *forkCall) primeStdin(input []byte) {
	c := f.c
	rest := input
	if input == nil && !c.body.Done && c.bodyIsHere() {
		rest = make([]byte, c.body.Left)
		_, _ = c.body.Take(rest)
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
	if len(rest) == 0 && (input != nil || c.body.Done) {
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
	if f.c.body.Done {
		return
	}
	block, give := lendBlock()
	defer give()
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

// stopFeeding ends the feeder and waits until it no longer uses the request body.
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

func (f *forkCall) closePipes() {
	for _, file := range []*os.File{f.stdin, f.stdout, f.ctrl} {
		if file != nil {
			_ = file.Close()
		}
	}
}
