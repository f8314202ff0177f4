package main

import "time"

// readyProbeLimit bounds a readiness probe that the function answers.
const readyProbeLimit = 5 * time.Second

// isGetOrHead answers 405 for other methods.
func isGetOrHead(c *clientConn) bool {
	if method := string(c.req.Method); method == "GET" || method == "HEAD" {
		return true
	}
	c.answer(405, "Allow: GET, HEAD\r\n", "")
	return false
}

// up tells whether the watchdog has started, is not shutting down, and nobody removed the lock file by hand.
func (s *server) up() bool {
	return s.accepting.Load() && (s.cfg.suppressLock || s.lock.intact())
}

// health answers /_/health: never limited, authenticated, counted or logged.
func (s *server) health(c *clientConn) {
	if !isGetOrHead(c) {
		return
	}
	if !s.up() {
		c.answer(503, "", "")
		return
	}
	c.answer(200, plainText, "OK")
}

// readiness answers /_/ready: whether a call would be served now. With ready_path the function itself
// decides.
func (s *server) readiness(c *clientConn) {
	switch {
	case !isGetOrHead(c):
	case !s.up() || !s.runner.ready():
		c.answer(503, "", "")
	case s.limiter.full():
		c.answer(429, plainText, s.limiter.message)
	case s.cfg.readyPath == "":
		c.answer(200, "", "")
	default:
		s.askFunction(c)
	}
}

// askFunction runs the function on ready_path, outside of limiter and authentication: the prober is the
// platform.
func (s *server) askFunction(c *clientConn) {
	c.req.Target = []byte(s.cfg.readyPath)
	c.req.Upgrade = nil
	c.limit = limit{"the fixed limit of readiness probes", readyProbeLimit}
	s.beginCall(c)
	s.runner.serve(c)
	s.log.call(c, time.Since(c.start))
}
