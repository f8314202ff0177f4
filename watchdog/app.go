package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sampan/watchdog/internal/metrics"
	"sampan/watchdog/internal/process"
)

// inFlightGrace is how long running calls may take to fail by themselves after the http child died.
const inFlightGrace = time.Second

// app wires the parts and owns the order in which they start and stop.
type app struct {
	cfg       *config
	log       *logger
	server    *server
	processes *process.Table
	childLogs *process.ChildLog
	child     *httpChild // http mode only
	stops     chan os.Signal
	restarts  chan os.Signal
	// isRestarted tells that the process was replaced once: from then on its end does not end the watchdog.
	isRestarted bool
	ended       chan struct{} // closed when run returns
}

func newApp(cfg *config, log *logger) *app {
	a := &app{
		cfg: cfg, log: log,
		processes: process.NewTable(),
		childLogs: process.NewChildLog(cfg.logLineBytes, cfg.prefixLogs),
		stops:     make(chan os.Signal, 4),
		restarts:  make(chan os.Signal, 1),
		ended:     make(chan struct{}),
	}
	a.server = &server{
		cfg: cfg, log: log,
		limiter: newLimiter(cfg.maxInflight),
		metrics: metrics.New(metrics.About{Version: version, Commit: commit, Mode: cfg.mode, Started: time.Now(), ChildUp: a.childUp}),
		lock:    newLockFile(cfg.lockPath),
		conns:   map[*clientConn]struct{}{},
	}
	a.server.heads.max, a.server.spooled.max, a.server.spoolMemory.max = cfg.maxHeadMemory, cfg.streamSpool, spoolMemory
	return a
}

// run starts everything, serves until told to stop, and returns the exit code.
func (a *app) run() int {
	defer close(a.ended)
	tuneRuntime()
	a.catchSignals()
	process.AdoptOrphans()
	go a.processes.Reap(a.ended)
	a.server.lock.remove() // of an earlier life of this container
	if err := a.start(); err != nil {
		a.server.lock.remove()
		a.log.print("start: " + err.Error())
		return 1
	}
	if code, over := a.awaitReady(); over {
		return code
	}
	if !a.cfg.suppressLock {
		if err := a.server.lock.create(); err != nil {
			a.log.warn("warning: no lock file: " + err.Error())
		}
	}
	a.server.accepting.Store(true)
	for {
		select {
		case sig := <-a.stops:
			return a.shutDown(sig)
		case <-a.restarts:
			if code, over := a.restart(); over {
				return code
			}
		case <-a.childGone():
			return a.childDied()
		}
	}
}

func (a *app) catchSignals() {
	signal.Notify(a.stops, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(a.restarts, syscall.SIGUSR2)
	// The signal is caught and dropped, not ignored: children would inherit an ignored signal.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE)
}

// start opens the ports, then starts the function; calls that arrive early wait for it.
func (a *app) start() error {
	var err error
	if err := a.prepareRunner(); err != nil {
		return err
	}
	if a.cfg.jwt.enabled {
		if a.server.auth, err = newAuthenticator(a.cfg.jwt, a.log); err != nil {
			return err
		}
	}
	if warning := fitConnections(a.cfg); warning != "" {
		a.log.warn("warning: " + warning)
	}
	if err := a.server.listen(); err != nil {
		return err
	}
	if a.cfg.metricsPort > 0 {
		if err := a.server.metrics.Serve(a.cfg.metricsPort); err != nil {
			a.log.warn("warning: no metrics: " + err.Error())
		}
	}
	a.describe()
	if h, ok := a.server.runner.(*httpRunner); ok {
		a.child = newHTTPChild()
		h.child.Store(a.child)
		if err = a.child.start(a.cfg, a.processes, a.childLogs); err != nil {
			_ = a.server.listener.Close()
			return fmt.Errorf("start the function: %w", err)
		}
	}
	go a.server.accept()
	return nil
}

// describe logs once how this watchdog is configured.
func (a *app) describe() {
	c := a.cfg
	a.log.print(fmt.Sprintf("mode: %s fprocess: %q", c.mode, strings.Join(c.argv, " ")))
	if c.mode == staticMode {
		a.log.print("static files from: " + c.staticPath)
	}
	a.log.print(fmt.Sprintf("timeouts: read: %s write: %s hard: %s health: %s (0s is no limit)",
		c.readTimeout, c.writeTimeout, c.execTimeout, c.shutdownWait))
	a.log.print(fmt.Sprintf("listening on port: %d metrics port: %d max inflight: %d",
		c.port, c.metricsPort, c.maxInflight))
}

// awaitReady returns over=true with the exit code when the program ends before the function is ready.
func (a *app) awaitReady() (code int, over bool) {
	if a.child == nil {
		return 0, false
	}
	result := make(chan bool, 1)
	giveUp := make(chan struct{})
	up := a.server.runner.(*httpRunner).upstream
	go func() { result <- a.child.awaitListening(up, a.cfg.startupTimeout, giveUp) }()
	select {
	case sig := <-a.stops:
		close(giveUp)
		return a.shutDown(sig), true
	case listening := <-result:
		switch {
		case listening:
			return 0, false
		case a.child.proc.Exited():
			return a.childDied(), true
		}
		a.log.print(fmt.Sprintf("start: the function did not accept connections at %s within %s",
			a.cfg.upstream, a.cfg.startupTimeout))
		a.child.stop(a.cfg.killGrace)
		return 1, true
	}
}

// childGone is closed when the http child has ended; it never is in other modes, nor after a restart.
func (a *app) childGone() <-chan struct{} {
	if a.child == nil || a.isRestarted {
		return nil
	}
	return a.child.gone
}

func (a *app) childUp() bool {
	h, ok := a.server.runner.(*httpRunner)
	return !ok || h.child.Load().up()
}

// childDied ends the watchdog with its function: the platform restarts both. Exit code 0 becomes 1, so that
// an on-failure policy acts.
func (a *app) childDied() int {
	a.server.accepting.Store(false)
	a.server.lock.remove()
	a.child.isUp.Store(false)
	status := a.child.proc.Status
	a.log.print("the function's process ended: " + process.Outcome(status))
	a.server.closing.Store(true)
	select {
	case <-a.server.closeListener():
	case <-time.After(inFlightGrace):
	}
	a.childLogs.Wait(a.cfg.killGrace)
	return max(process.ExitCode(status), 1)
}
