package main

import (
	"fmt"
	"time"

	"sampan/watchdog/internal/wire"
)

// limit is a time limit and the setting it comes from. A value of 0 is no limit.
type limit struct {
	name  string
	value time.Duration
}

func (l limit) String() string { return fmt.Sprintf("%s (%s)", l.name, l.value) }

func (l limit) from(start time.Time) time.Time {
	if l.value == 0 {
		return time.Time{}
	}
	return start.Add(l.value)
}

// beginCall puts the connection under the call's limits.
func (s *server) beginCall(c *clientConn) {
	if c.guard.enterCall(c.limit.from(c.start), s.cfg.cancelOnDisconnect, c.req.HTTP11) != notEnded {
		_ = c.nc.SetDeadline(time.Time{})
	}
}

// callLimit is how long the call may take until it is answered: the smallest of exec_timeout, write_timeout
// and X-Timeout.
func (s *server) callLimit(c *clientConn) limit {
	l := s.cfg.callLimit
	if len(c.req.XTimeout) > 0 {
		if wish := parseXTimeout(c.req.XTimeout, s.cfg.execTimeout); wish > 0 && (l.value == 0 || wish < l.value) {
			l = limit{"the caller's X-Timeout", wish}
		}
	}
	return l
}

// parseXTimeout reads the caller's own limit. Callers may shorten the configured limit, not lengthen or
// remove it. A value that is not positive, longer than max (when there is one) or no duration counts as
// absent: 0.
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

// isEventStream tells whether a response is an event stream, which lives long on purpose.
func isEventStream(accept, contentType []byte) bool {
	return wire.ContainsFold(contentType, "text/event-stream") || wire.ContainsFold(contentType, "application/x-ndjson") ||
		wire.ContainsFold(accept, "text/event-stream") || wire.ContainsFold(accept, "application/x-ndjson")
}
