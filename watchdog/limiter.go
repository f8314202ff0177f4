package main

import (
	"fmt"
	"sync/atomic"
)

// limiter admits at most max calls at a time; 0 admits all. It counts them in either case.
type limiter struct {
	max     int64
	running atomic.Int64
	message string
}

func newLimiter(max int) *limiter {
	return &limiter{
		max: int64(max),
		message: fmt.Sprintf("Concurrent request limit exceeded. Max concurrent requests: %d\n"+
			"watchdog: max_inflight=%d calls are running.\n", max, max),
	}
}

func (l *limiter) take() bool {
	if n := l.running.Add(1); l.max > 0 && n > l.max {
		l.running.Add(-1)
		return false
	}
	return true
}

func (l *limiter) release() { l.running.Add(-1) }

// full tells whether the next call would be refused.
func (l *limiter) full() bool { return l.max > 0 && l.running.Load() >= l.max }
