package main

import "time"

const allowed = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"

// route sends a request where it belongs: our own two paths by exact match, everything else to the function
// with its path untouched. Nothing is cleaned or redirected.
func (s *server) route(c *clientConn) {
	if len(c.req.Target) > 3 && string(c.req.Target[:3]) == "/_/" {
		switch string(c.req.Path()) {
		case "/_/health":
			s.health(c)
			return
		case "/_/ready":
			s.readiness(c)
			return
		}
	}
	if string(c.req.Target) == "*" {
		c.answer(200, "", "")
		return
	}
	s.metrics.InFlight.Add(1)
	s.invoke(c)
	took := time.Since(c.start)
	c.idleFrom = c.start.Add(took)
	s.metrics.InFlight.Add(-1)
	s.metrics.Observe(c.req.Method, c.reply.status, took)
	s.log.call(c, took)
}

// invoke handles a call in this order: allowed method, allowed caller, free slot, function.
func (s *server) invoke(c *clientConn) {
	if c.spare {
		s.refuseSpare(c)
		return
	}
	if method := string(c.req.Method); method == "TRACE" || method == "CONNECT" {
		c.answer(405, allowed, "")
		return
	}
	if s.auth != nil && !s.auth.admit(c) {
		return
	}
	if !s.limiter.take() {
		c.answer(429, "Content-Type: text/plain\r\nX-Openfaas-Internal: fwatchdog\r\nRetry-After: 1\r\n",
			s.limiter.message)
		return
	}
	defer s.limiter.release()
	if limit := s.cfg.maxRequestBody; limit > 0 && c.req.Framing.Length > limit {
		c.tooLarge()
		return
	}
	c.limit = s.callLimit(c)
	s.beginCall(c)
	s.runner.serve(c)
}
