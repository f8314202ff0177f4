package main

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"sampan/watchdog/internal/process"
)

// httpChild is the warm process of http mode.
type httpChild struct {
	proc      *process.Process
	stdin     *os.File // held open when child_stdin=pipe
	listening chan struct{}
	gone      chan struct{} // closed when it has ended, or could not be started
	isUp      atomic.Bool
}

// newHTTPChild makes one that calls can wait for before it is started.
func newHTTPChild() *httpChild {
	return &httpChild{listening: make(chan struct{}), gone: make(chan struct{})}
}

// start runs the function's server in its own process group, with our environment unchanged.
func (h *httpChild) start(cfg *config, table *process.Table, logs *process.ChildLog) error {
	stdin, err := h.openStdin(cfg.childStdinPipe)
	if err != nil {
		return err
	}
	defer stdin.Close()
	files := []uintptr{uintptr(stdin), os.Stdout.Fd(), os.Stderr.Fd()}
	if cfg.prefixLogs {
		out, outEnd, err := process.PipeFrom("stdout")
		if err != nil {
			return err
		}
		defer outEnd.Close()
		errs, errEnd, err := process.PipeFrom("stderr")
		if err != nil {
			return err
		}
		defer errEnd.Close()
		files[1], files[2] = uintptr(outEnd), uintptr(errEnd)
		defer logs.Follow(out, os.Stdout, "stdout", "")
		defer logs.Follow(errs, os.Stderr, "stderr", "")
	}
	if h.proc, err = table.Start(cfg.argv, os.Environ(), files, nil); err != nil {
		return err
	}
	go func() {
		<-h.proc.Done
		close(h.gone)
	}()
	return nil
}

func (h *httpChild) openStdin(pipe bool) (process.PipeEnd, error) {
	if pipe {
		var end process.PipeEnd
		var err error
		h.stdin, end, err = process.PipeTo("stdin")
		return end, err
	}
	fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	return process.PipeEnd(fd), err
}

// awaitListening polls until the child accepts connections; false when it dies or the time is up before. A
// timeout of 0 means no limit.
func (h *httpChild) awaitListening(up *upstream, timeout time.Duration, stop <-chan struct{}) bool {
	begun := time.Now()
	pause := 2 * time.Millisecond
	for timeout == 0 || time.Since(begun) < timeout {
		if up.accepts(time.Second) {
			if h.proc.Exited() {
				return false
			}
			h.isUp.Store(true)
			close(h.listening)
			return true
		}
		select {
		case <-time.After(pause):
		case <-h.gone:
			return false
		case <-stop:
			return false
		}
		pause = min(pause*3/2, 250*time.Millisecond)
	}
	return false
}

// up tells whether calls may be sent.
func (h *httpChild) up() bool { return h.isUp.Load() }

// stop ends the child's group: SIGTERM, then SIGKILL after grace.
func (h *httpChild) stop(grace time.Duration) {
	if h.proc != nil {
		h.proc.Terminate(grace)
	}
}
