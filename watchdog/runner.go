package main

import (
	"fmt"
	"os"

	"sampan/watchdog/internal/process"
)

// prepareRunner builds what answers calls in the configured mode. It fails early on what can never work.
func (a *app) prepareRunner() error {
	s := a.server
	switch a.cfg.mode {
	case httpMode:
		up, err := parseUpstream(a.cfg.upstream)
		if err != nil {
			return err
		}
		if err := process.CheckProgram(a.cfg.argv[0]); err != nil {
			return fmt.Errorf("fprocess: %w", err)
		}
		s.runner = &httpRunner{server: s, upstream: up}
		return nil
	case staticMode:
		if info, err := os.Stat(a.cfg.staticPath); err != nil || !info.IsDir() {
			a.log.warn("warning: static_path " + a.cfg.staticPath + " is not a directory: every call will be a 404")
		}
		s.runner = &staticRunner{server: s, root: a.cfg.staticPath}
		return nil
	}
	if err := process.CheckProgram(a.cfg.argv[0]); err != nil {
		if a.cfg.checkProgram {
			return fmt.Errorf("fprocess: %w", err)
		}
		a.log.warn("warning: every call will fail: fprocess: " + err.Error())
	}
	fork := forkRunner{server: s, processes: a.processes, logs: a.childLogs, env: newCGIEnv(os.Environ())}
	fork.env.keepUnderscores = a.cfg.keepUnderscores
	if a.cfg.mode == streamingMode {
		s.runner = &streamingRunner{fork}
	} else {
		s.runner = &bufferedRunner{fork, a.cfg.mode == classicMode}
	}
	return nil
}

// runner turns calls into responses; there is one per mode.
type runner interface {
	// serve answers the call on c completely, or aborts it.
	serve(c *clientConn)
	// ready tells whether a call would reach the function now.
	ready() bool
}
