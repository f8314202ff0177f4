package main

import (
	"io"
	"os"
	"sync"
	"time"
)

const (
	// spoolFlow is how much output may normally wait, in bytes.
	spoolFlow = 256 << 10
	// spoolMemory is how much all spools together hold in memory before they use temporary files, in bytes.
	spoolMemory = 16 << 20
	// spoolStall is how long a client must have read nothing before more than spoolFlow is held for it.
	spoolStall = 50 * time.Millisecond
	spoolBlock = 32 << 10
)

// spool holds output for a client that is still uploading. Many clients read nothing before they have sent
// everything, so without it client, function and watchdog would wait for each other for ever.
type spool struct {
	mu       sync.Mutex
	blocks   [][]byte // older than what is in the file
	size     int64    // bytes held in blocks
	most     int64    // the largest size there was
	file     *os.File
	from, to int64       // the part of the file that is still to be sent
	memory   *byteBudget // of the blocks of all spools
	total    *byteBudget // of what all spools hold above spoolFlow
	paid     int64       // to total
	sent     int64       // bytes taken out so far
	stalled  bool
	closed   bool
	broken   error
	arrived  chan struct{} // capacity 1: something to take, or closed
	taken    chan struct{} // capacity 1: something was taken, or the spool broke
	drained  chan struct{} // closed when the writer has ended
}

func newSpool(memory, total *byteBudget) *spool {
	return &spool{memory: memory, total: total, arrived: make(chan struct{}, 1), taken: make(chan struct{}, 1),
		drained: make(chan struct{})}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds a copy of p. It blocks while the client is merely slow, and while the limit is reached.
func (s *spool) put(p []byte, uploading func() bool) error {
	for {
		s.mu.Lock()
		sent, err := s.sent, s.broken
		roomy, inMemory := false, false
		if err == nil {
			if roomy, inMemory = s.admit(int64(len(p)), uploading); roomy {
				err = s.add(p, inMemory)
			}
		}
		s.mu.Unlock()
		if roomy || err != nil {
			notify(s.arrived)
			return err
		}
		select {
		case <-s.taken:
		case <-time.After(spoolStall):
			s.mu.Lock()
			s.stalled = s.sent == sent
			s.mu.Unlock()
		}
	}
}

// admit tells whether n bytes may be added now, and where, and reserves them. It needs the lock.
func (s *spool) admit(n int64, uploading func() bool) (ok, inMemory bool) {
	held := s.size + s.to - s.from
	beyond := held >= spoolFlow
	if beyond && (!s.stalled || !uploading() || !s.total.Take(n)) {
		return false, false
	}
	inMemory = s.file == nil && s.memory.Take(n)
	if !inMemory && s.file == nil && !s.stalled {
		return false, false // the memory of all spools is used up, and a file is only for a client that does not read
	}
	if beyond {
		s.paid += n
	}
	return true, inMemory
}

// release returns the reservation of n bytes that are no longer held. It needs the lock.
func (s *spool) release(n int64) {
	back := min(n, s.paid)
	s.total.Give(back)
	s.paid -= back
}

// add needs the lock.
func (s *spool) add(p []byte, inMemory bool) error {
	if inMemory {
		s.blocks = append(s.blocks, append([]byte(nil), p...))
		s.size += int64(len(p))
		s.most = max(s.most, s.size)
		return nil
	}
	if s.file == nil {
		file, err := os.CreateTemp("", "fwatchdog-spool-")
		if err != nil {
			return err
		}
		_ = os.Remove(file.Name())
		s.file = file
	}
	if _, err := s.file.WriteAt(p, s.to); err != nil {
		return err
	}
	s.to += int64(len(p))
	return nil
}

// take returns the oldest block, waiting for one; io.EOF after close.
func (s *spool) take(scratch []byte) ([]byte, error) {
	for {
		s.mu.Lock()
		switch {
		case s.broken != nil:
			s.mu.Unlock()
			return nil, s.broken
		case len(s.blocks) > 0:
			b := s.blocks[0]
			s.blocks[0] = nil
			s.blocks = s.blocks[1:]
			s.size -= int64(len(b))
			s.memory.Give(int64(len(b)))
			s.release(int64(len(b)))
			s.mu.Unlock()
			return b, nil
		case s.from < s.to:
			n, err := s.file.ReadAt(scratch[:min(int64(len(scratch)), s.to-s.from)], s.from)
			s.release(int64(n))
			if s.from += int64(n); s.from == s.to {
				s.from, s.to = 0, 0
			}
			s.mu.Unlock()
			if n > 0 {
				err = nil
			}
			return scratch[:n], err
		case s.closed:
			s.mu.Unlock()
			return nil, io.EOF
		}
		s.mu.Unlock()
		<-s.arrived
	}
}

// write sends everything to send until the spool is closed and empty, or sending fails.
func (s *spool) write(send func([]byte) error) {
	defer close(s.drained)
	scratch := make([]byte, spoolBlock)
	for {
		b, err := s.take(scratch)
		if err == nil {
			err = send(b)
		}
		if err == io.EOF {
			return
		}
		s.mu.Lock()
		s.sent += int64(len(b))
		s.stalled = false
		s.broken = err
		s.mu.Unlock()
		notify(s.taken)
		if err != nil {
			return
		}
	}
}

// finish waits until everything has been sent, or drops the rest when cut is given, and releases the file.
func (s *spool) finish(cut error) error {
	s.mu.Lock()
	s.closed = true
	if s.broken == nil {
		s.broken = cut
	}
	s.mu.Unlock()
	notify(s.arrived)
	<-s.drained
	s.memory.Give(s.size)
	s.release(s.paid)
	if s.file != nil {
		_ = s.file.Close()
	}
	return s.broken
}

// sendSpooled sends first and then everything from, through a spool, while the client may still be uploading.
func (c *clientConn) sendSpooled(first []byte, from io.Reader, uploading func() bool) error {
	s := newSpool(&c.server.spoolMemory, &c.server.spooled)
	if err := c.flush(); err != nil {
		return errClientGone
	}
	c.useBulk()
	go s.write(c.write)
	err := error(nil)
	if len(first) > 0 {
		err = s.put(first, uploading)
	}
	block, give := lendBlock()
	defer give()
	for err == nil {
		var n int
		n, err = from.Read(block)
		if n > 0 {
			if failed := s.put(block[:n], uploading); failed != nil {
				err = failed
			}
		}
	}
	c.server.memory.after(s.most)
	cut := err
	if err == io.EOF {
		cut = nil
	}
	if broken := s.finish(cut); broken == errClientGone {
		return errClientGone
	}
	return err
}
