package main

import (
	"sync"
	"sync/atomic"
)

const (
	// spareConnections may exist beyond max_connections: they can ask for health, and have calls refused with a sentence.
	spareConnections = 32
	// bulkBudget is what all large copy buffers together may take, in bytes. Without one a copy goes on in small steps.
	bulkBudget = 8 << 20
)

// byteBudget is memory that many connections share: what one client takes, others cannot have, so it has an end.
type byteBudget struct {
	used atomic.Int64
	max  int64
}

// Take reserves n bytes; false when they are not there.
func (b *byteBudget) Take(n int64) bool {
	if b.used.Add(n) > b.max {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *byteBudget) Give(n int64) { b.used.Add(-n) }

var bulkBuffers = sync.Pool{New: func() any { b := make([]byte, 0, bulkOut); return &b }}

// bulkInUse counts the large buffers that are lent.
var bulkInUse = byteBudget{max: bulkBudget}

// borrowBulk lends a large buffer, or nil when all of bulkBudget is lent.
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

// lendBlock is a buffer to copy with, large or, when those are all lent, small. give must be called once.
func lendBlock() (block []byte, give func()) {
	if b := borrowBulk(); b != nil {
		return (*b)[:cap(*b)], func() { returnBulk(b) }
	}
	return make([]byte, smallOut), func() {}
}
