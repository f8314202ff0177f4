package main

import (
	"fmt"
	"os"
	"time"
)

// drainDefault bounds the drain where write_timeout sets no bound.
const drainDefault = 30 * time.Second

// shutDown stops in an order in which no call is lost: it becomes unready, waits until callers have noticed,
// refuses new connections, drains, and only then ends the function's processes.
func (a *app) shutDown(sig os.Signal) int {
	s := a.server
	s.accepting.Store(false)
	s.closing.Store(true)
	s.lock.remove()
	drain := a.cfg.writeTimeout
	if drain == 0 {
		drain = drainDefault
	}
	a.log.print(fmt.Sprintf("%s: no new connections in %s, at most %s in all", sig, a.cfg.shutdownWait,
		a.cfg.shutdownWait+drain+a.cfg.killGrace))
	a.pause(a.cfg.shutdownWait)

	a.log.print(fmt.Sprintf("no new connections allowed, draining: %d requests", s.limiter.running.Load()))
	drained := s.closeListener()
	select {
	case <-drained:
	case <-a.childGone():
		a.pauseFor(drained, inFlightGrace)
	case <-time.After(drain):
		a.log.warn("drain limit reached, ending the remaining calls")
	}
	a.processes.TerminateAll(a.cfg.killGrace)
	// Calls of terminated processes may still be answering.
	a.pauseFor(drained, inFlightGrace)
	a.childLogs.Wait(time.Second)
	a.log.print(fmt.Sprintf("exiting, active connections: %d", s.limiter.running.Load()))
	return 0
}

// pause waits, unless a second signal or the function's end makes waiting useless.
func (a *app) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-a.stops:
	case <-a.childGone():
	}
}

func (a *app) pauseFor(done <-chan struct{}, limit time.Duration) {
	select {
	case <-done:
	case <-time.After(limit):
	}
}
