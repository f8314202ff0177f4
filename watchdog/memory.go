package main

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// muchMemory is what a call may buffer without anything being done about it afterwards, in bytes.
	muchMemory = 4 << 20
	// giveBackDelay lets calls that follow each other closely share one collection.
	giveBackDelay = 500 * time.Millisecond
)

// memoryReturn hands memory back to the system after calls that buffered much: the runtime by itself would keep it for
// minutes, and in a container with a limit that is memory the function does not have.
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
