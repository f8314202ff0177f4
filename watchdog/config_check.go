package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"sampan/watchdog/internal/env"
)

// check finds every problem at once.
func (c *config) check(e *env.Reader) error {
	var problems []error
	if len(c.argv) == 0 && c.mode != staticMode {
		command := e.Text("", "function_process", "fprocess")
		argv, err := env.SplitCommand(command)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("fprocess=%q: %w", command, err))
		case len(argv) == 0:
			problems = append(problems, errors.New("fprocess is not set: it names the function's command"))
		}
		c.argv = argv
	}
	if c.mode == httpMode {
		problems = append(problems, c.checkUpstream(e))
	}
	chosen := e.Lookup("exec_timeout")+e.Lookup("write_timeout") != ""
	if chosen && c.execTimeout > 0 && c.writeTimeout > 0 && c.writeTimeout <= c.execTimeout {
		e.Warnings = append(e.Warnings, fmt.Sprintf(
			"write_timeout (%s) is not longer than exec_timeout (%s): calls end at write_timeout",
			c.writeTimeout, c.execTimeout))
	}
	return errors.Join(problems...)
}

// checkUpstream keeps the function's server and our own listeners apart: they share one network.
func (c *config) checkUpstream(e *env.Reader) error {
	up, err := parseUpstream(c.upstream)
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(up.address)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil
	}
	switch port {
	case strconv.Itoa(c.port):
		return fmt.Errorf("upstream_url=%q is the watchdog's own address: let the function listen elsewhere", c.upstream)
	case strconv.Itoa(c.metricsPort):
		e.Warnings = append(e.Warnings, fmt.Sprintf("no metrics: upstream_url has port %s, set metrics_port to another", port))
		c.metricsPort = 0
	}
	return nil
}
