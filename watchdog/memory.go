package main

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// muchMemory is how much a call may buffer without a collection afterwards, in bytes.
	muchMemory = 4 << 20
	// giveBackDelay lets calls in close succession share one collection.
	giveBackDelay = 500 * time.Millisecond
)

// memoryReturn returns memory to the system after calls that buffered much. The runtime itself would keep it
// for minutes, and in a container with a memory limit the function would lack it.
type memoryReturn struct{ due atomic.Bool }

// after notes that a call held the given number of bytes.
func (m *memoryReturn) after(bytes int64) {
	if bytes < muchMemory || !m.due.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(giveBackDelay, func() {
		m.due.Store(false)
		debug.FreeOSMemory()
	})
}
