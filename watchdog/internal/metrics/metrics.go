// Package metrics counts the watchdog's calls and shows them as Prometheus text, on a port of its own. It
// knows nothing of how a call is served.
package metrics

import (
	"sync/atomic"
	"time"
)

// buckets are the upper bounds of the duration histogram, in seconds.
var buckets = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}

// methods are the label values; everything else counts as unknown, so that callers cannot make up series.
var methods = [...]string{"get", "post", "put", "patch", "delete", "head", "options", "trace", "connect", "unknown"}

// series counts the calls of one method and status.
type series struct {
	count   atomic.Int64
	nanos   atomic.Int64
	buckets [len(buckets)]atomic.Int64
}

// About is what is shown of the watchdog beside its counts.
type About struct {
	Version, Commit, Mode string
	Started               time.Time
	// ChildUp tells whether the function can take calls.
	ChildUp func() bool
}

// Metrics counts without locks; a call costs an index and four atomic additions.
type Metrics struct {
	// InFlight is how many calls there are now.
	InFlight atomic.Int64
	// Timeouts is how many calls were ended at their time limit.
	Timeouts atomic.Int64
	about    About
	byCall   [len(methods)][600]atomic.Pointer[series]
}

// New counts from zero.
func New(about About) *Metrics { return &Metrics{about: about} }

func methodIndex(method []byte) int {
	switch string(method) {
	case "GET":
		return 0
	case "POST":
		return 1
	case "PUT":
		return 2
	case "PATCH":
		return 3
	case "DELETE":
		return 4
	case "HEAD":
		return 5
	case "OPTIONS":
		return 6
	case "TRACE":
		return 7
	case "CONNECT":
		return 8
	}
	return 9
}

// Observe counts one call with the status that was sent.
func (m *Metrics) Observe(method []byte, status int, took time.Duration) {
	if status < 100 || status > 599 {
		status = 500
	}
	slot := &m.byCall[methodIndex(method)][status]
	s := slot.Load()
	if s == nil {
		slot.CompareAndSwap(nil, new(series))
		s = slot.Load()
	}
	s.count.Add(1)
	s.nanos.Add(int64(took))
	seconds := took.Seconds()
	for i := range buckets {
		if seconds <= buckets[i] {
			s.buckets[i].Add(1)
			break
		}
	}
}
