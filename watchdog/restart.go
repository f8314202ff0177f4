package main

import (
	"fmt"
	"time"

	"sampan/watchdog/internal/process"
)

// restartGrace bounds how long the old process may take to end its calls: somebody waits for the new one.
const restartGrace = 2 * time.Second

// restart replaces the process of http mode by a new one of the program as it is now; calls that come meanwhile
// wait for it. It is how a developer's edit takes effect (SIGUSR2, which only the engine and the function itself
// can send). A new process that dies ends nothing: the edit may be wrong, and the next one mends it. In the other
// modes each call starts a process, so there is nothing to do. It returns over=true with the exit code when the
// program is told to stop meanwhile.
func (a *app) restart() (code int, over bool) {
	h, ok := a.server.runner.(*httpRunner)
	if !ok {
		return 0, false
	}
	a.isRestarted = true
	for {
		a.log.print("SIGUSR2: the function's process is replaced")
		old, next := a.child, newHTTPChild()
		a.child = next
		h.child.Store(next)
		old.isUp.Store(false)
		h.upstream.forget()
		old.stop(min(a.cfg.killGrace, restartGrace))
		h.upstream.forget()
		if err := next.start(a.cfg, a.processes, a.childLogs); err != nil {
			a.log.warn("restart: " + err.Error())
			close(next.gone)
			return 0, false
		}
		code, verdict := a.awaitRestarted(h.upstream)
		if verdict != restartAgain {
			return code, verdict == restartStopped
		}
	}
}

type restartVerdict int

const (
	restartDone restartVerdict = iota
	restartAgain
	restartStopped
)

// awaitRestarted waits until the new process listens or has ended, or somebody wants something else.
func (a *app) awaitRestarted(up *upstream) (code int, verdict restartVerdict) {
	child := a.child
	result := make(chan bool, 1)
	giveUp := make(chan struct{})
	go func() { result <- child.awaitListening(up, a.cfg.startupTimeout, giveUp) }()
	select {
	case sig := <-a.stops:
		close(giveUp)
		return a.shutDown(sig), restartStopped
	case <-a.restarts:
		close(giveUp)
		<-result
		return 0, restartAgain
	case listening := <-result:
		if listening {
			return 0, restartDone
		}
	}
	if child.proc.Exited() {
		a.log.warn("the function's process ended: " + process.Outcome(child.proc.Status) + "; waiting for the next SIGUSR2")
		return 0, restartDone
	}
	a.log.warn(fmt.Sprintf("the function did not accept connections at %s within %s; waiting for the next SIGUSR2",
		a.cfg.upstream, a.cfg.startupTimeout))
	child.stop(a.cfg.killGrace)
	return 0, restartDone
}
