package main

import "time"

const allowed = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"

// route sends a request where it belongs: our own two paths by exact match, everything else to the function with its
// path untouched. Nothing is cleaned or redirected.
func (s *server) route(c *clientConn) {
	if len(c.req.target) > 3 && string(c.req.target[:3]) == "/_/" {
		switch string(c.req.path()) {
		case "/_/health":
			s.health(c)
			return
		case "/_/ready":
			s.readiness(c)
			return
		}
	}
	if string(c.req.target) == "*" {
		c.answer(200, "", "")
		return
	}
	s.metrics.inFlight.Add(1)
	s.invoke(c)
	took := time.Since(c.start)
	c.idleFrom = c.start.Add(took)
	s.metrics.inFlight.Add(-1)
	s.metrics.observe(c.req.method, c.reply.status, took)
	s.log.call(c, took)
}

// invoke is the way of a call: allowed method, allowed caller, free slot, function.
func (s *server) invoke(c *clientConn) {
	if method := string(c.req.method); method == "TRACE" || method == "CONNECT" {
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
	if limit := s.cfg.maxRequestBody; limit > 0 && c.req.framing.length > limit {
		c.answer(413, plainText, "The request body is too large.\n")
		return
	}
	s.beginCall(c, s.callDeadline(c))
	s.runner.serve(c)
}

// beginCall puts the connection under the call's limits.
func (s *server) beginCall(c *clientConn, deadline time.Time) {
	if c.guard.enterCall(deadline, s.cfg.cancelOnDisconnect) != notEnded {
		_ = c.nc.SetReadDeadline(time.Time{})
	}
}

// callDeadline is when the call must have been answered: the nearest of exec_timeout, write_timeout and X-Timeout.
func (s *server) callDeadline(c *clientConn) time.Time {
	limit := s.cfg.callLimit
	if len(c.req.xTimeout) > 0 {
		if wish := parseXTimeout(c.req.xTimeout, s.cfg.execTimeout); wish > 0 && (limit == 0 || wish < limit) {
			limit = wish
		}
	}
	if limit == 0 {
		return time.Time{}
	}
	return c.start.Add(limit)
}

// parseXTimeout reads the caller's own limit. Callers may shorten the configured one, not lengthen or remove it: what
// is not positive, longer than max (when there is one) or no duration counts as absent, 0.
func parseXTimeout(value []byte, max time.Duration) time.Duration {
	if len(value) > 64 {
		return 0
	}
	d, err := time.ParseDuration(string(value))
	if err != nil || d <= 0 || (max > 0 && d > max) {
		return 0
	}
	return d
}

// bodyDeadline is when a response that has begun is cut.
func (s *server) bodyDeadline(c *clientConn, eventStream bool) time.Time {
	limit := s.cfg.writeTimeout
	if !eventStream && s.cfg.execTimeout > 0 {
		limit = s.cfg.execTimeout
	}
	if limit == 0 {
		return time.Time{}
	}
	return c.start.Add(limit)
}

// isEventStream tells whether a response is one of those that live long on purpose.
func isEventStream(accept, contentType []byte) bool {
	return containsFold(contentType, "text/event-stream") || containsFold(contentType, "application/x-ndjson") ||
		containsFold(accept, "text/event-stream") || containsFold(accept, "application/x-ndjson")
}
