package main

import (
	"sync"
	"sync/atomic"
)

const (
	// spareConnections may exist beyond max_connections: they can ask for health, and have calls refused with
	// a sentence.
	spareConnections = 32
	// bulkBudget limits all large copy buffers together, in bytes. Without a large buffer a copy goes on in
	// small steps.
	bulkBudget = 8 << 20
)

// byteBudget limits memory that many connections share, because what one client takes is missing for others.
type byteBudget struct {
	used atomic.Int64
	max  int64
}

// Take reserves n bytes; false when fewer are left.
func (b *byteBudget) Take(n int64) bool {
	if b.used.Add(n) > b.max {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *byteBudget) Give(n int64) { b.used.Add(-n) }

var bulkBuffers = sync.Pool{New: func() any { b := make([]byte, 0, bulkOut); return &b }}

// bulkInUse counts the large buffers in use.
var bulkInUse = byteBudget{max: bulkBudget}

// borrowBulk lends a large buffer; nil when bulkBudget is used up.
func borrowBulk() *[]byte {
	if !bulkInUse.Take(bulkOut) {
		return nil
	}
	return bulkBuffers.Get().(*[]byte)
}

func returnBulk(b *[]byte) {
	bulkBuffers.Put(b)
	bulkInUse.Give(bulkOut)
}

// lendBlock lends a buffer for copying: a large one or, when bulkBudget is used up, a small one. give must be
// called once.
func lendBlock() (block []byte, give func()) {
	if b := borrowBulk(); b != nil {
		return (*b)[:cap(*b)], func() { returnBulk(b) }
	}
	return make([]byte, smallOut), func() {}
}
